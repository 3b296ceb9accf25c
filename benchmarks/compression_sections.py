"""The sections of the docs on what compression costs, and on how it compares with the toolkits used by hand."""

import os
import statistics

import matplotlib
from documents import RESULTS, results
from markdown import percent, table, verdict

PLOT = RESULTS.parents[1] / "docs" / "images" / "compression.png"
FLOAT, INT8, SMALLEST = "float32", "int8", "pruned 75 %, 16 clusters, QAT"
#: What a way may cost on average in points of top-1.
MAY_LOSE = {INT8: 0.15, "QAT": 0.05, "pruned 50 %, QAT": 0.2}
#: What the smallest file may take as gzip, of the int8 file; and what a network was to reach in integers.
THIRD, WANTED = 1 / 3, ("ensemble_l", 0.954)


def _by_model(document):
    """Model → way → row."""
    found = {}
    for row in document["rows"]:
        found.setdefault(row["model"], {})[row["way"]] = row
    return found


def gains(document):
    """``{way: [(points of top-1 gained over float32, gzip bytes and flash as shares of int8's) of each network]}``.

    Flash is what the file takes on an Ethos-U, whose compiler packs weights; ``None`` of what it does not compile.
    """
    found = {}
    for rows in _by_model(document).values():
        for way, row in rows.items():
            if way != FLOAT:
                points = 100 * (row["top1"] - rows[FLOAT]["top1"])
                flash = row["npu_flash_bytes"] and row["npu_flash_bytes"] / rows[INT8]["npu_flash_bytes"]
                found.setdefault(way, []).append((points, row["gzip_bytes"] / rows[INT8]["gzip_bytes"], flash))
    return found


def _source(document):
    environment = document["environment"]
    return (
        f"Fashion-MNIST, {document['rows'][0]['n']:,} test images, one training each (QAT alone of "
        f"{document['epochs']['qat']} epochs, other ways of {document['epochs']['compress']} a stage; augmentation as "
        "in the network's own training). Latency at batch 1 on "
        f"{environment['cpu']}, {environment['time'][:10]}."
    )


def summary_section(page):
    """What each way does to the networks on the whole."""
    document = results("compression")
    lines = []
    for way, gained in gains(document).items():
        points, shares, flash = zip(*gained, strict=True)
        lines.append(
            (
                way,
                len(gained),
                f"{statistics.mean(points):+.2f}",
                f"{min(points):+.2f} to {max(points):+.2f}",
                f"{statistics.mean(shares):.2f}",
                None if None in flash else f"{statistics.mean(flash):.2f}",
            )
        )
    header = [
        "file", ">networks", ">top-1 against float32, points", ">lowest to highest", ">gzip bytes, of int8's",
        ">flash on an Ethos-U55-128, of int8's",
    ]  # fmt: skip
    plot = f"![Top-1 gained against size]({os.path.relpath(PLOT, page.parent)})"
    return "\n\n".join([table(header, lines), _source(document), plot])


def goals_section(page):
    """What the ways were to come to, and what they came to."""
    document = results("compression")
    found, models = gains(document), _by_model(document)
    lines = []
    for way, most in MAY_LOSE.items():
        lost = -statistics.mean(points for points, *_ in found[way])
        lines.append((f"{way}: points lost on average, at most", most, f"{lost:.2f}", verdict(lost <= most)))
    smallest = [rows[SMALLEST]["gzip_bytes"] / rows[INT8]["size_bytes"] for rows in models.values() if SMALLEST in rows]
    worst = max(smallest)
    lines.append((f"{SMALLEST}: gzip bytes, of the int8 file, at most", "⅓", f"{worst:.2f}", verdict(worst <= THIRD)))
    name, wanted = WANTED
    if name in models:
        integers = [row for way, row in models[name].items() if way not in (FLOAT, "int16x8")]
        best = max(integers, key=lambda row: row["validation_top1"])
        reached = f"{100 * best['top1']:.2f} ({best['way']}, the best on validation images)"
        goal = f"`{name}` in integers: top-1, %, at least"
        lines.append((goal, f"{100 * wanted:.2f}", reached, verdict(best["top1"] >= wanted)))
    return table(["", ">wanted", ">found", ""], lines)


def details_section(page):
    """Every file of every network."""
    document = results("compression")
    lines = [
        (
            f"`{row['model']}`",
            row["way"],
            percent(row["top1"], *row["top1_ci95"]),
            "" if row["mcnemar_p"] is None else f"{row['mcnemar_p']:.2g}",
            "" if row["agreement"] is None else f"{100 * row['agreement']:.2f}",
            f"{row['size_bytes']:,}",
            f"{row['gzip_bytes']:,}",
            f"{row['p50_ms']:.4f}",
            None if row["npu_flash_bytes"] is None else f"{row['npu_flash_bytes']:,}",
            None if row["npu_cycles"] is None else f"{row['npu_cycles']:,}",
            f"{100 * row['zeros']:.0f}",
        )
        for row in document["rows"]
    ]
    header = [
        "network", "file", ">top-1, % [95 % interval]", ">p against float32 (McNemar)", ">agreement, %", ">bytes",
        ">gzip bytes", ">p50 ms", ">flash on an Ethos-U55-128, bytes", ">its cycles", ">weights that are zero, %",
    ]  # fmt: skip
    return table(header, lines)


def draw():
    """``{path: figure}``: points gained against gzip size, a dot for each network and way."""
    from matplotlib.figure import Figure

    document = results("compression")
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    colors = matplotlib.colormaps["tab20"].colors
    for number, (way, gained) in enumerate(gains(document).items()):
        points, shares, _ = zip(*gained, strict=True)
        marker = "os^Dv<>PX*d"[number % 11]
        axes.scatter(shares, points, s=28, marker=marker, color=colors[number % 20], label=way, alpha=0.8)
    axes.axhline(0, color="gray", linewidth=0.8)
    axes.set(xlabel="gzip bytes, of the int8 file's", ylabel="top-1 against float32, points")
    axes.set_xscale("log")
    axes.set_xticks([0.25, 0.33, 0.5, 0.75, 1], ["¼", "⅓", "½", "¾", "1"])
    axes.minorticks_off()
    axes.legend(fontsize=7, loc="lower left", bbox_to_anchor=(1, 0))
    return {PLOT: figure}


def plain_section(page):
    """Accuracy and time of the same by hand."""
    document = results("plain_compression")
    lines = [
        (
            f"`{row['model']}`",
            row["way"],
            percent(row["top1"], *row["top1_ci95"]),
            percent(row["plain_top1"], *row["plain_top1_ci95"]),
            f"{row['seconds']:.0f}",
            f"{row['plain_seconds']:.0f}",
        )
        for row in document["rows"]
    ]
    ours, theirs = (sum(row[key] for row in document["rows"]) for key in ("seconds", "plain_seconds"))
    header = [
        "network", "way", ">edgezoo, top-1, % [95 % interval]", ">by hand", ">edgezoo, s", ">by hand, s",
    ]  # fmt: skip
    environment = document["environment"]
    source = (
        f"All of it took {ours / theirs:.2f} of the time by hand. Whole processes, cores: "
        f"{environment['cores']} of {environment['cpu']}, {environment['time'][:10]}; "
        f"{document['recipe']['epochs']} epochs."
    )
    return f"{table(header, lines)}\n\n{source}"


COMPRESSION_SECTIONS = {
    "compression": summary_section,
    "compression_details": details_section,
    "compression_goals": goals_section,
    "plain_compression": plain_section,
}
