"""The sections of the docs on the networks for CIFAR-10: what they answer and cost, beside MLPerf Tiny's ResNet-8."""

import os

from documents import RESULTS, results
from markdown import percent, table

from edgezoo.evaluate.plots import accuracy_plot
from edgezoo.zoo import list_models

IMAGES = RESULTS.parents[1] / "docs" / "images"
PEER = "resnet8"
#: What was to be reached in int8: the most that a network may have, of which column, in words, and top-1.
GOALS = (
    (12_000, "flash_bytes", "bytes of file", 0.77),
    (30_000, "params", "parameters", 0.886),
    (100_000, "params", "parameters", 0.913),
    (250_000, "params", "parameters", 0.930),
)
#: What the peer costs, in words, and by how much top-1 at no higher cost was to be above its own.
AHEAD = (
    ("flash_bytes", "bytes of file", 0.02),
    ("p50_ms_1_thread", "ms of latency", 0.005),
    ("ethos_u55_128_cycles", "cycles", 0.005),
)


def _rows():
    """The networks of ``results/zoo_cifar10.json``, ours first and in the registry's order."""
    order = list_models()
    found = results("zoo_cifar10")["rows"]
    return sorted(found, key=lambda row: order.index(row["name"]) if row["name"] in order else len(order))


def draw():
    """``{path: figure}``: accuracy against the size of the file, cycles, and latency where it was measured."""
    timed = {each["sha256"]: each["latency_ms"] for each in results("zoo_cifar10")["timed"] if each["threads"] == 1}
    points = [
        {
            "file": row["name"],
            "scheme": "int8" if row["maker"] == "edgezoo" else None,  # the peer is gray
            "top1": row["int8_top1"],
            "top1_low": row["int8_low"],
            "top1_high": row["int8_high"],
            "size_bytes": row["flash_bytes"],
            "cycles": row["ethos_u55_128_cycles"],
            "threads": 1,
            **{f"{p}_ms": timed.get(row["sha256"], {}).get(p) for p in ("p5", "p50", "p95")},
        }
        for row in _rows()
    ]
    return {path: accuracy_plot(points, against) for against, path in _plots().items()}


def _plots():
    against = ["size", "cycles", *(["latency"] if results("zoo_cifar10")["timed"] else [])]
    return {each: IMAGES / f"cifar10_{each}.png" for each in against}


def networks_section(page):
    """Accuracy and cost of each network, and plots of them."""
    document = results("zoo_cifar10")
    official = {row["official_n"] for row in document["rows"]} - {None}
    lines = [
        (
            f"`{row['name']}`" + ("" if row["maker"] == "edgezoo" else " (MLPerf Tiny)"),
            f"{row['params']:,}",
            f"{row['macs']:,}",
            f"{row['flash_bytes']:,}",
            f"{row['gzip_bytes']:,}",
            f"{row['tflm_arena_bytes']:,}",
            f"{100 * row['float_top1']:.2f}",
            percent(row["int8_top1"], row["int8_low"], row["int8_high"]),
            _blank_or(row["official_int8_top1"], lambda top1: f"{100 * top1:.1f}"),
            _blank_or(row["ethos_u55_128_cycles"], "{:,}".format),
            _blank_or(row["p50_ms_1_thread"], "{:.4f}".format),
            row["epochs"],
        )
        for row in _rows()
    ]
    header = [
        "name", ">parameters", ">MACs", ">int8 file, bytes", ">gzip", ">TFLM arena, bytes", ">float top-1, %",
        ">int8 top-1, % [95 % interval]", f">official test, {_count(official)}",
        ">Ethos-U55-128 cycles", ">p50 ms, 1 thread", ">epochs",
    ]  # fmt: skip
    environment = document["environment"]
    latency = (
        f"latency of the int8 file at batch 1 on {environment['cpu']}, LiteRT "
        f"{environment['packages']['ai-edge-litert']}, {environment['time'][:10]}"
        if document["timed"]
        else "latency is yet to be measured"
    )
    source = (
        f"CIFAR-10 at 32×32×3; top-1 on {document['evaluated'][0]['n']:,} images held out of the official training "
        f"images, with Wilson's interval, one training each; cycles are Vela's estimate; {latency}. Everything "
        "measured is in `benchmarks/results/zoo_cifar10.json`."
    )
    pictures = [
        f"![int8 accuracy against {against}]({os.path.relpath(path, page.parent)})"
        for against, path in _plots().items()
    ]
    return "\n\n".join([table(header, lines), source, *pictures])


def _count(official):
    return f"{official.pop():,} images, %" if len(official) == 1 else "%"


def _blank_or(value, form):
    return None if value is None else form(value)


def goals_section(page):
    """What was to be reached, what is, and by how much int8 differs from float."""
    rows = _rows()
    ours = [row for row in rows if row["maker"] == "edgezoo"]
    (peer,) = (row for row in rows if row["name"] == PEER)
    asked = [(f"{limit:,} {what}", column, limit, goal) for limit, column, what, goal in GOALS]
    asked += [
        (f"what `{PEER}` takes: {peer[column]:,} {what}", column, peer[column], peer["int8_top1"] + ahead)
        for column, what, ahead in AHEAD
        if peer[column] is not None
    ]
    lines = []
    for words, column, limit, goal in asked:
        fitting = [row for row in ours if row[column] is not None and row[column] <= limit]
        best = max(fitting, key=lambda row: row["int8_top1"])
        short = 100 * (goal - best["int8_top1"])
        verdict = f"{short:.2f} points short" if short > 0 else "reached"
        lines.append((words, f"{100 * goal:.2f}", f"`{best['name']}`", f"{100 * best['int8_top1']:.2f}", verdict))
    farthest = max(rows, key=lambda row: row["float_top1"] - row["int8_top1"])
    lost = 100 * (farthest["float_top1"] - farthest["int8_top1"])
    header = ["at most", ">wanted in int8, %", "best there", ">int8 top-1, %", ""]
    sentence = f"Against float `{farthest['name']}` loses the most in int8, {lost:.2f} points; 0.3 were allowed."
    return f"{table(header, lines)}\n\n{sentence}"


def exports_section(page):
    """What ways to export come to on the validation images."""
    document = results("export_ways_cifar10")
    found = {(row["name"], row["way"]): row["top1"] for row in document["rows"]}
    plain, *others = dict.fromkeys(way for _, way in found)
    lines = [
        (
            f"`{name}`",
            f"{100 * found[name, plain]:.2f}",
            *(f"{100 * (found[name, way] - found[name, plain]):+.2f}" for way in others),
        )
        for name in dict.fromkeys(name for name, _ in found)
    ]
    images = f"{document['n']:,} validation images"
    return table([images, f">{plain}, %", *(f">{way}" for way in others)], lines)


def makers_section(page):
    """MLPerf Tiny's own files beside the zoo's, by size."""
    document = results("mlperf_tiny")
    environment, rows = document["environment"], sorted(document["rows"], key=lambda row: row["size_bytes"])
    lines = [
        (
            f"`{row['name']}`",
            f"{row['params']:,}",
            f"{row['macs']:,}",
            f"{row['size_bytes']:,}",
            percent(row["top1"], *row["top1_ci95"]),
            f"{row['cycles']:,}",
            f"{row['p50_ms']:.4f}",
        )
        for row in rows
    ]
    header = [
        "int8 file", ">parameters", ">MACs", ">bytes", f">official test, {rows[0]['n']:,} images, %",
        ">Ethos-U55-128 cycles", ">p50 ms, 1 thread",
    ]  # fmt: skip
    source = (
        f"Latency at batch 1 on {environment['cpu']}, LiteRT {environment['packages']['ai-edge-litert']}, all in one "
        f"run, {environment['time'][:10]}; cycles are Vela's estimate."
    )
    return f"{table(header, lines)}\n\n{source}"


CIFAR10_SECTIONS = {
    "cifar10": networks_section,
    "cifar10_exports": exports_section,
    "cifar10_goals": goals_section,
    "mlperf_tiny": makers_section,
}
