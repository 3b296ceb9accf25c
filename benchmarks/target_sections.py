"""The sections of the docs on what targets make of files: of the zoo's, and of networks of ``keras.applications``."""

import re

from documents import results
from markdown import table

from edgezoo.export import TARGETS


def _by_model(document):
    """Model → target → row."""
    found = {}
    for row in document["rows"]:
        found.setdefault(row["model"], {})[row["target"]] = row
    return found


def _name(model, document):
    return f"`{model}`" if model in document["trained"] else f"`{model}` (not trained)"


def _ethos_u(rows):
    return {target: row for target, row in rows.items() if target.startswith("ethos-u")}


def _place(row):
    if row["refused"]:
        return "refused"
    if row["has_accelerator"]:
        return f"{row['accelerated']} of {row['operators']}"
    return "not all" if any(where == "nowhere" for _, where, _ in row["elsewhere"]) else f"{row['operators']}"


def placements_section(page):
    """Where the operators of the zoo's networks run."""
    document = results("targets")
    lines = []
    for model, rows in _by_model(document).items():
        npu = _ethos_u(rows).values()
        fewest = min(npu, key=lambda row: row["accelerated"])
        floats = max(row["float_operators"] for row in rows.values() if row["scheme"] == "int8")
        places = (_place(rows[target]) for target in ("coral", "phone", "phone-gpu", "tflm", "browser"))
        coral, *others = places
        lines.append((_name(model, document), coral, _place(fewest), *others, floats))
    header = [
        "network", ">`coral`", ">all `ethos-u…`", ">`phone`", ">`phone-gpu`", ">`tflm`, CPU", ">`browser`, CPU",
        ">in floating point",
    ]  # fmt: skip
    packages = document["environment"]["packages"]
    tools = sorted({row["by"] for row in document["rows"]})
    source = (
        f"Operators of int8 files calibrated on {document['dataset']}, for `phone-gpu` of float16 files; of Ethos-U "
        f"the configuration that runs the fewest. By {'; '.join(tools)}; TensorFlow {packages['tensorflow']}."
    )
    return f"{table(header, lines)}\n\n{source}"


def cycles_section(page):
    """Vela's cycles, a table for each family of Ethos-U."""
    document = results("targets")
    found = _by_model(document)
    tables = []
    for family in ("ethos-u55", "ethos-u65", "ethos-u85"):
        targets = [target for target in next(iter(found.values())) if target.startswith(family)]
        lines = [
            (_name(model, document), *(f"{rows[each]['cycles'] / 1000:,.0f}" for each in targets))
            for model, rows in found.items()
        ]
        tables.append(table(["thousand cycles", *(f">`{target}`" for target in targets)], lines))
    return "\n\n".join(tables)


def memory_section(page):
    """What the zoo's networks take of memory."""
    document = results("targets")

    def kib(row, kind):
        size = row["memory"].get(kind)
        return None if size is None else f"{size / 1024:,.1f}"

    lines = [
        (
            _name(model, document),
            f"{rows['tflm']['file_bytes'] / 1024:,.1f}",
            kib(rows["tflm"], "arena"),
            kib(rows["coral"], "cached parameters"),
            kib(rows["ethos-u55-128"], "flash"),
            kib(rows["ethos-u55-128"], "sram"),
            kib(rows["ethos-u85-512"], "dram"),
            kib(rows["ethos-u85-512"], "sram"),
        )
        for model, rows in _by_model(document).items()
    ]
    header = [
        "KiB", ">int8 file", ">`tflm` arena", ">`coral` parameters", ">`ethos-u55-128` flash", ">SRAM",
        ">`ethos-u85-512` DRAM", ">SRAM",
    ]  # fmt: skip
    return table(header, lines)


def applications_section(page):
    """Networks of ``keras.applications`` before and after the remedies."""
    rows = results("applications")["rows"]
    first = rows[0]["form"]  # the networks as each target takes them; the other forms come in the table of remedies
    targets = list(dict.fromkeys(row["target"] for row in rows))
    starts = {}
    for row in rows:
        starts.setdefault(row["network"], {}).setdefault(row["target"], row)

    def accelerates(row):
        return TARGETS[row["target"]].has_accelerator

    def counts(place, row):
        if place["refused"]:
            return "refused"
        return f"{place['accelerated']} of {place['total']}" if accelerates(row) else f"{place['total']}"

    def cell(row):
        before, after = row["before"], row["after"]
        return counts(before, row) if after is None else f"{counts(before, row)} → {counts(after, row)}"

    lines = [(network, *(cell(found[target]) for target in targets)) for network, found in starts.items()]
    sentence = f"Files as each target takes them ({first} and the like); behind the arrow with what is said below done."
    return f"{table(['network', *(f'>`{target}`' for target in targets)], lines)}\n\n{sentence}"


def remedies_section(page):
    """What was said to do about the operators of those networks, and what came of it."""
    found = {}
    for row in results("applications")["rows"]:
        for each in row["problems"]:
            device = "ethos-u…" if row["target"].startswith("ethos-u") else row["target"]
            key = device, each["op"] or "the file", _general(each["reason"]), each["remedy"]
            networks, counts = found.setdefault(key, (set(), [0, 0]))
            networks.add(row["network"])
            counts[0] += each["count"]
            counts[1] += each["left"]
    lines = [(f"`{key[0]}`", *key[1:], len(networks), *counts) for key, (networks, counts) in sorted(found.items())]
    header = ["target", "operator", "why", "what to do", ">networks", ">times", ">left when it is done"]
    return table(header, lines)


def _general(reason):
    """A reason without what it says of one file or family alone."""
    reason = reason.partition("; Vela's rule")[0]
    return re.sub(r"'serving_default[^']*'", "its input", re.sub(r"Ethos-U\d+", "Ethos-U", reason))


TARGET_SECTIONS = {
    "target_applications": applications_section,
    "target_cycles": cycles_section,
    "target_memory": memory_section,
    "target_placements": placements_section,
    "target_remedies": remedies_section,
}
