"""Pooling against strided convolution at equal multiplications: accuracy, what int8 costs, latency."""

from .experiment import Experiment
from .figures import ACCURACY, LATENCY, draw_latencies, draw_shares, name_places, panels
from .formatting import best_and_rest, listed, millions, percent, points, span
from .networks import by_downsampling

#: p value below which a difference between a network and its int8 file counts as shown.
_LEVEL = 0.05


def run(lab):
    """A row a way of downsampling: the float network, and under ``int8_…`` its int8 file.

    ``drop`` is what int8 costs in accuracy (a share), ``drop_p`` the p value of McNemar's test on the same images.
    """
    paths = lab.train(by_downsampling(lab))
    files = {name: lab.export(path)[0] for name, path in paths.items()}
    latencies = lab.benchmark(list(files.values()))
    rows = []
    for (name, path), latency in zip(paths.items(), latencies, strict=True):
        document = lab.evaluate([path, files[name]])
        (columns, int8), (pair,) = document["results"], document["pairs"]
        kept = ("top1", "top1_low", "top1_high", "file", "sha256")
        rows.append(
            {
                "network": name,
                **columns,
                **{f"int8_{key}": int8[key] for key in kept},
                "drop": pair["difference"],
                "drop_p": pair["mcnemar_p"],
                **latency,
            }
        )
    return rows


def plot(rows):
    figure, (accuracy, latency) = panels(("downsampling, MACs", ACCURACY), ("downsampling, MACs", LATENCY))
    places = [*range(len(rows))]
    draw_shares(accuracy, 0, "float", [place - 0.08 for place in places], rows, line="")
    draw_shares(accuracy, 1, "int8", [place + 0.08 for place in places], rows, "int8_top1", line="")
    draw_latencies(latency, 1, "int8", places, rows, line="")
    for axes in (accuracy, latency):
        name_places(axes, [f"{row['network']}\n{row['macs'] / 1e6:.3g} M" for row in rows])
        axes.legend()
    latency.set_ylim(bottom=0)
    return figure


def paragraph(rows):
    macs = [row["macs"] for row in rows]
    accuracies = listed([f"{row['network']} {percent(row)}" for row in rows])
    best, level, below = best_and_rest(rows)
    text = (
        f"At equal cost, {millions(min(macs))} to {millions(max(macs))} MACs an image and "
        f"{span([row['params'] for row in rows])} parameters, the accuracies are: {accuracies}. "
    )
    if below:
        text += f"{best['network']} is best, clearly above {listed([row['network'] for row in below])}"
        text += f"; {listed([row['network'] for row in level])} cannot be told from it. " if level else ". "
    else:
        text += f"{best['network']} comes first, but all intervals overlap with its own: no way of downsampling shows "
        text += "as better than another. "
    worst = max(rows, key=lambda row: row["drop"])
    shown = [f"{row['network']} ({points(row['drop'], 2)})" for row in rows if row["drop_p"] < _LEVEL]
    text += f"The largest drop by int8 is {points(worst['drop'], 2)} ({worst['network']}); by McNemar's test at 5 % "
    text += f"a difference shows for {listed(shown)}. " if shown else "no difference shows. "
    fast, slow = (pick(rows, key=lambda row: row["p50_ms"]) for pick in (min, max))
    delegated = [f"{row['delegated']} of {row['operators']} ({row['network']})" for row in rows]
    text += f"In int8 on this machine an image takes from {fast['p50_ms']:.3g} ms ({fast['network']}) to "
    text += f"{slow['p50_ms']:.3g} ms ({slow['network']}), medians, on one thread; "
    return text + f"of their operators XNNPACK runs {listed(delegated)}."


EXPERIMENT = Experiment(
    name="downsampling",
    question="Pool or stride? Max, average, min and blur pooling and strided convolution at equal multiplications.",
    run=run,
    plot=plot,
    paragraph=paragraph,
)
