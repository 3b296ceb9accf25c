"""The sections of the docs on photographs: what a start from ImageNet is worth, and one command."""

import statistics

from documents import results
from finetuning import BACKBONE, CORRECTED, LARGER, OWN, PLAIN, SIZE
from markdown import percent, table, verdict

from edgezoo.evaluate.statistics import wilson_interval

#: What was to be reached: points above the plain script in int8 on the mean over seeds, and int8 top-1 on some data.
AHEAD, WANTED = 4, ("flowers", 0.775)


def _by_way(document):
    """``{(data, way): rows of its seeds}``, in the order of the file."""
    found = {}
    for row in document["rows"]:
        found.setdefault((row["data"], row["way"]), []).append(row)
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


def ways_section(page):
    """What each way comes to on each data set."""
    document = results("finetuning")
    lines = []
    for (data, way), rows in _by_way(document).items():
        first = rows[0]
        top1 = [100 * row["top1"] for row in rows]
        lines.append(
            (
                data,
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
            )
        )
    header = [
        "photographs", "way", ">float top-1, % [95 % interval]", ">int8 top-1, %", ">of its seeds", ">minutes",
        ">int8 file, bytes", ">p50 ms", ">on a Coral Edge TPU", ">on an Ethos-U55-128", ">its cycles",
    ]  # fmt: skip
    return f"{table(header, lines)}\n\n{_source(document)}"


def _source(document):
    environment, cores = document["environment"], {row["cores"] for row in document["rows"]}
    images = "; ".join(
        f"{name}: {', '.join(f'{n:,} for {split}' for split, n in splits.items())}"
        for name, splits in document["images"].items()
    )
    return (
        f"Photographs at {SIZE}×{SIZE}, split once ({images}). `{BACKBONE}` has ImageNet's weights, sha256 "
        f"`{document['weights_sha256'][:16]}…`; our own network is `{OWN}`. A row with a range in it is the mean of as "
        "many seeds as stand behind it, the others are one training. Minutes are "
        f"of the training with its export on {' or '.join(map(str, sorted(cores)))} of {environment['cores']} cores of "
        f"{environment['cpu']}, the other one busy with a training, too; latency is that of the int8 file of the first "
        f"seed at batch 1, {environment['time'][:10]}. Placement is asked of both compilers' rules and of Vela."
    )


def goals_section(page):
    """What was to be reached, and what is."""
    document = results("finetuning")
    ways, lines = _by_way(document), []
    for data in document["images"]:
        ours, plain = ways[data, CORRECTED], ways[data, PLAIN]
        ahead = 100 * (_mean(ours, "top1") - _mean(plain, "top1"))
        lines.append((f"{data}: points above the plain script in int8", AHEAD, f"{ahead:.2f}", verdict(ahead >= AHEAD)))
        times = _mean(ours, "seconds") / _mean(plain, "seconds")
        lines.append((f"{data}: of the plain script's minutes, at most", 1, f"{times:.2f}", verdict(times <= 1)))
        for way in (CORRECTED, LARGER):
            if data.startswith(WANTED[0]) and (data, way) in ways:
                top1 = _mean(ways[data, way], "top1")
                goal = f"{data}, {way}: int8 top-1, %, at least"
                lines.append((goal, f"{100 * WANTED[1]:.1f}", f"{100 * top1:.2f}", verdict(top1 >= WANTED[1])))
    return table(["", ">wanted", ">found", ""], lines)


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
