"""The sections of the docs on photographs: what a start from ImageNet is worth, and one command."""

import os
import statistics

from documents import RESULTS, results
from finetuning import BACKBONE, CORRECTED, OWN, PLAIN, TAUGHT, WAYS
from markdown import percent, table, verdict

from edgezoo.evaluate.statistics import wilson_interval

PLOT = RESULTS.parents[1] / "docs" / "images" / "finetuning.png"
#: What was to be reached: points above the plain script in int8 on the mean over seeds, and int8 top-1 on some data in
#: percent.
AHEAD, WANTED = 4, ("flowers", 77.5)


def _documents():
    """Those of all data sets."""
    return [results(f"finetuning/{path.stem}") for path in sorted((RESULTS / "finetuning").glob("*.json"))]


def _label(document):
    return f"{document['data']}, {document['side']}×{document['side']}"


def _by_way(document):
    """``{way: rows of its seeds}``, in the order of the file."""
    found = {}
    for row in document["rows"]:
        found.setdefault(row["way"], []).append(row)
    return found


def _mean(rows, key):
    return statistics.mean(row[key] for row in rows)


def _share(rows, key):
    """The mean top-1 of trainings, with the interval that the number of test images gives one of them."""
    mean, n = _mean(rows, key), rows[0]["n"]
    return percent(mean, *wilson_interval(mean * n, n))


def _placed(place):
    """How many operators run on an accelerator."""
    return "refused" if place["refused"] else f"{place['accelerated']} of {place['operators']}"


def draw():
    """``{path: figure}``: accuracy in int8 against the minutes that it took, a panel for each data set."""
    from matplotlib.figure import Figure

    documents = _documents()
    figure = Figure(figsize=(4 * len(documents), 3.6), layout="constrained")
    panels = figure.subplots(1, len(documents), squeeze=False)[0]
    for panel, document in zip(panels, documents, strict=True):
        for way, rows in _by_way(document).items():
            number = list(WAYS).index(way)
            top1, n = _mean(rows, "top1"), rows[0]["n"]
            bars = [[100 * abs(end - top1)] for end in wilson_interval(top1 * n, n)]
            minutes = _mean(rows, "seconds") / 60
            style = {"marker": "os^Dv<>"[number], "color": f"C{number}", "label": way}
            panel.errorbar(minutes, 100 * top1, bars, capsize=2, linestyle="none", elinewidth=0.8, **style)
        panel.set_title(_label(document), fontsize=9)
        panel.set_xlabel("minutes of training and export")
        panel.set_xlim(left=0)
    panels[0].set_ylabel("int8 top-1, % (95 % interval)")
    handles = {}
    for panel in panels:
        handles |= dict(zip(*reversed(panel.get_legend_handles_labels()), strict=True))
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=3, fontsize=8, frameon=False)
    return {PLOT: figure}


def ways_section(page):
    """What each way comes to on each data set."""
    documents = _documents()
    lines = []
    for document in documents:
        for way, rows in _by_way(document).items():
            first = rows[0]
            top1 = [100 * row["top1"] for row in rows]
            lines.append(
                (
                    _label(document),
                    way,
                    _share(rows, "float_top1"),
                    _share(rows, "top1"),
                    f"{min(top1):.2f} to {max(top1):.2f} ({len(rows)})" if len(rows) > 1 else None,
                    f"{_mean(rows, 'seconds') / 60:.1f}",
                    f"{first['size_bytes']:,}",
                    f"{first['p50_ms']:.3f}",
                    _placed(first["places"]["coral"]),
                    _placed(first["places"]["ethos-u55-128"]),
                    f"{first['places']['ethos-u55-128']['cycles']:,}",
                    first["measured"][:16].replace("T", " "),
                )
            )
    header = [
        "photographs", "way", ">float top-1, % [95 % interval]", ">int8 top-1, %", ">of its seeds", ">minutes",
        ">int8 file, bytes", ">p50 ms", ">on a Coral Edge TPU", ">on an Ethos-U55-128", ">its cycles", "measured",
    ]  # fmt: skip
    picture = f"![int8 accuracy against minutes]({os.path.relpath(PLOT, page.parent)})"
    return "\n\n".join([table(header, lines), _source(documents), picture])


def _source(documents):
    sets = "; ".join(
        f"{_label(document)}: {', '.join(f'{n:,} for {split}' for split, n in document['images'].items())}"
        for document in documents
    )
    cores = {row["cores"] for document in documents for row in document["rows"]}
    weights = {document["weights_sha256"][:16] for document in documents}
    machines = {f"{each['cores']} cores of {each['cpu']}" for each in (one["environment"] for one in documents)}
    return (
        f"Photographs, split once ({sets}). `{BACKBONE}` has ImageNet's weights, sha256 "
        f"{' and '.join(f'`{each}…`' for each in sorted(weights))}; our own network is `{OWN}`. A row with a range in "
        "it is the mean of as many seeds as stand behind it, the others are one training. Minutes are of the training "
        f"with its export on {' or '.join(map(str, sorted(cores)))} of {' or '.join(sorted(machines))}, the other one "
        "busy with a training, too; latency is that of the int8 file of the first seed at batch 1, in one run with all "
        "that were measured at the same time. Placement is asked of both compilers' rules and of Vela."
    )


def goals_section(page):
    """What was to be reached, and what is."""
    lines = []
    for document in _documents():
        ways = _by_way(document)
        for way in (each for each in (CORRECTED, TAUGHT) if each in ways):
            ours, what = ways[way], (_label(document), way)
            top1 = 100 * _mean(ours, "top1")
            if plain := ways.get(PLAIN):
                ahead = top1 - 100 * _mean(plain, "top1")
                lines.append(
                    (*what, "int8: points above the plain script", AHEAD, f"{ahead:.2f}", verdict(ahead >= AHEAD))
                )
                times = _mean(ours, "seconds") / _mean(plain, "seconds")
                lines.append((*what, "of the plain script's minutes, at most", 1, f"{times:.2f}", verdict(times <= 1)))
            if document["data"].startswith(WANTED[0]):
                lines.append((*what, "int8 top-1, %, at least", WANTED[1], f"{top1:.2f}", verdict(top1 >= WANTED[1])))
    return table(["photographs", "way", "", ">wanted", ">found", ""], lines)


def quickstart_section(page):
    """What one command makes of a folder of photographs."""
    document = results("quickstart_photographs")
    lines = [
        (
            row["start"],
            f"`{row['model']}`",
            percent(row["float_top1"], *row["float_top1_ci95"]),
            percent(row["top1"], *row["top1_ci95"]),
            f"{row['seconds'] / 60:.1f}",
            f"{row['size_bytes']:,}",
        )
        for row in document["rows"]
    ]
    header = ["start", "network", ">float top-1, % [95 % interval]", ">int8 top-1, %", ">minutes", ">int8 file, bytes"]
    environment = document["environment"]
    source = (
        f"{document['photographs']:,} photographs of {document['classes']} classes ({document['data']}), "
        f"{document['n']:,} of them for testing; minutes of the whole command, cores: "
        f"{environment['cores']} of {environment['cpu']}, {environment['time'][:10]}."
    )
    return f"{table(header, lines)}\n\n{source}"


FINETUNING_SECTIONS = {
    "finetuning": ways_section,
    "finetuning_goals": goals_section,
    "quickstart_photographs": quickstart_section,
}
