"""One network for images of many sizes, against networks that are fixed to one."""

import dataclasses

from ..common.errors import EdgezooError
from .experiment import Experiment
from .figures import ACCURACY, LATENCY, draw_latencies, draw_shares, panels
from .formatting import apart, best_and_rest, listed, percent
from .networks import matched, parameters, widths

SIDES, QUICK_SIDES = (20, 24, 28, 32, 40, 48, 64), (20, 64)
#: Largest growth or shrinkage of a batch in training.
RESIZE = 0.5
#: Learning rate of the tuning, as a share of the training's.
TUNING = 0.13
FLATTEN = ("PooledCNN", "StridedCNN")


def trainings(lab):
    """A global-pooling network for any size, trained at many and tuned, and two with a flatten head and as many
    parameters, trained at the data set's size for as many epochs in all."""
    from .. import zoo

    shape, classes = lab.dataset.input_shape, len(lab.dataset.class_names)
    filters, blocks = (widths(2), 1) if lab.quick else (widths(14), 2)
    epochs = lab.recipe.epochs

    def global_pool():
        return zoo.GlobalPoolCNN(
            (None, None, shape[2]), classes, filters=filters, blocks=blocks, downsampling="average"
        )

    def flatten(family):
        return lambda scale: getattr(zoo, family)(shape, classes, filters=widths(scale), blocks=blocks, units=())

    multiscale = dataclasses.replace(lab.recipe, resize=RESIZE)
    tuning = dataclasses.replace(multiscale, learning_rate=TUNING * lab.recipe.learning_rate)
    count = parameters(shape)
    target = count(global_pool())
    return [
        lab.training("GlobalPoolCNN", global_pool, recipe=multiscale, tuning=tuning),
        *(
            lab.training(
                family,
                matched(flatten(family), count, target),
                recipe=dataclasses.replace(lab.recipe, epochs=2 * epochs),
            )
            for family in FLATTEN
        ),
    ]


def run(lab):
    """A row an int8 file: the global-pooling network at every side, the others at their own.

    ``trained_at`` says at which sides; ``refusal`` is what a network said when it was asked for another size.
    """
    own = lab.dataset.input_shape[0]
    sides = sorted({own, *(QUICK_SIDES if lab.quick else SIDES)})
    other = next(side for side in sides if side != own)
    paths = lab.train(trainings(lab))
    exported = lab.export(paths["GlobalPoolCNN"], sides)
    cases = [("GlobalPoolCNN", side, path) for side, path in zip(sides, exported, strict=True)]
    cases += [(family, own, lab.export(paths[family])[0]) for family in FLATTEN]
    files = [path for _, _, path in cases]
    rows = []
    for (network, side, _), columns, latency in zip(
        cases, lab.evaluate(files)["results"], lab.benchmark(files), strict=True
    ):
        anywhere = network == "GlobalPoolCNN"
        rows.append(
            {
                "network": network,
                "side": side,
                "trained_at": f"{own / (1 + RESIZE):.0f} to {own * (1 + RESIZE):.0f}" if anywhere else f"{own}",
                "refusal": None if anywhere else _refusal(lab, paths[network], other),
                **columns,
                **latency,
            }
        )
    return rows


def _refusal(lab, path, side):
    """What a network says that is asked for images of ``side`` pixels; ``None`` if it takes them."""
    try:
        lab.export(path, (side,))
    except EdgezooError as error:
        return str(error)


def _split(rows):
    """The rows of the network for any size, and those of the others."""
    return [row for row in rows if row["network"] not in FLATTEN], [row for row in rows if row["network"] in FLATTEN]


def plot(rows):
    side = "side of the images, pixels"
    figure, (accuracy, latency) = panels((side, f"int8: {ACCURACY}"), (side, LATENCY))
    anywhere, fixed = _split(rows)
    for axes, draw in ((accuracy, draw_shares), (latency, draw_latencies)):
        draw(axes, 0, "GlobalPoolCNN, one network", [row["side"] for row in anywhere], anywhere)
        for number, row in enumerate(fixed, start=1):
            draw(axes, number, f"{row['network']}, this size only", [row["side"]], [row], line="")
        axes.legend()
    latency.set_ylim(bottom=0)
    return figure


def paragraph(rows):
    anywhere, fixed = _split(rows)
    own, first, last = fixed[0]["side"], anywhere[0], anywhere[-1]
    there = next(row for row in anywhere if row["side"] == own)
    best, level, _ = best_and_rest(anywhere)
    text = (
        f"One global-pooling network ({first['params']:,} parameters in int8), trained at {first['trained_at']} "
        f"pixels, takes images of every size: it answers {percent(there)} right at {own} pixels, the test images' own "
        f"size, {percent(first)} at {first['side']} and {percent(last)} at {last['side']}. It is best at "
        f"{best['side']} pixels with {percent(best)}"
    )
    if level:
        text += f", from which {listed([str(row['side']) for row in level])} pixels cannot be told"
    text += (
        f". An image takes {first['p50_ms']:.3g} ms at {first['side']} pixels and {last['p50_ms']:.3g} ms at "
        f"{last['side']}, medians, on one thread. Of the networks with a flatten head and as many parameters, "
    )
    against = {True: "differs clearly from", False: "cannot be told from"}
    text += listed(
        [
            f"{row['network']} reaches {percent(row)} at {own} pixels, which {against[apart(row, there)]} the network "
            "for any size"
            for row in fixed
        ]
    )
    refusals = [row["refusal"] for row in fixed if row["refusal"]]
    if len(refusals) < len(fixed):
        return f"{text}. The claim that they take no other size does not show."
    return f"{text}. Asked for another size they refuse: «{refusals[0].rstrip('.')}»."


EXPERIMENT = Experiment(
    name="input-size",
    question="Can one network take images of many sizes? Global pooling from 20 to 64 pixels, and what it costs.",
    run=run,
    plot=plot,
    paragraph=paragraph,
)
