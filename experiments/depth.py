"""Deep or wide: what the same number of parameters gives in one wide or several narrow convolutions a stage."""

import functools

from .experiment import Experiment
from .figures import ACCURACY, draw_numbers, draw_shares, name_places, panels
from .formatting import best_and_rest, listed, millions, percent, span
from .networks import parameters, scale_for, widths

BUDGET, QUICK_BUDGET = 60_000, 3000
BLOCKS, QUICK_BLOCKS = (1, 2, 3, 5), (1, 2)


def designs(lab):
    """``{convolutions a stage: (filters of the stages, Training)}``, all of about the budget's parameters."""
    from ..zoo import GlobalPoolCNN

    shape, classes = lab.dataset.input_shape, len(lab.dataset.class_names)
    budget = QUICK_BUDGET if lab.quick else BUDGET
    designs = {}
    for blocks in QUICK_BLOCKS if lab.quick else BLOCKS:

        def make_model(scale, blocks=blocks):
            return GlobalPoolCNN(shape, classes, filters=widths(scale), blocks=blocks, downsampling="max")

        scale = scale_for(make_model, parameters(shape), budget)
        training = lab.training(f"{blocks}_a_stage", functools.partial(make_model, scale))
        designs[blocks] = widths(scale), training
    return designs


def run(lab):
    """A row a depth."""
    planned = designs(lab)
    paths = lab.train([training for _, training in planned.values()])
    results = lab.evaluate(list(paths.values()))["results"]
    return [
        {"blocks": blocks, "filters": "-".join(map(str, filters)), **columns}
        for (blocks, (filters, _)), columns in zip(planned.items(), results, strict=True)
    ]


def plot(rows):
    depth = "convolutions a stage (widths of the stages)"
    figure, (accuracy, cost) = panels((depth, ACCURACY), (depth, "multiply-accumulates of one image, millions"))
    places = [*range(len(rows))]
    label = f"{span([row['params'] for row in rows])} parameters"
    draw_shares(accuracy, 0, label, places, rows)
    draw_numbers(cost, 0, label, places, [row["macs"] / 1e6 for row in rows])
    cost.set_ylim(bottom=0)
    for axes in (accuracy, cost):
        name_places(axes, [f"{row['blocks']}\n({row['filters']})" for row in rows])
        axes.legend()
    return figure


def paragraph(rows):
    text = (
        f"{span([row['params'] for row in rows])} parameters, spent on more or fewer convolutions a stage: "
        + listed(
            [f"{row['blocks']} (widths {row['filters']}) {percent(row)}, {millions(row['macs'])} MACs" for row in rows],
            separator="; ",
        )
        + ". "
    )
    best, level, below = best_and_rest(rows)
    if not below:
        return (
            f"{text}Of these, {best['blocks']} a stage comes first, but all intervals overlap with its own: that "
            "depth or width makes a difference at this budget does not show."
        )
    text += f"Best is {best['blocks']} a stage, clearly above {listed([str(row['blocks']) for row in below])}"
    return text + (f"; {listed([str(row['blocks']) for row in level])} cannot be told from it." if level else ".")


EXPERIMENT = Experiment(
    name="depth",
    question="Deep or wide? The same parameters in one wide or several narrow convolutions a stage.",
    run=run,
    plot=plot,
    paragraph=paragraph,
)
