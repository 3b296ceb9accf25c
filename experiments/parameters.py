"""Accuracy against parameters, for the feed-forward network and the three families of CNNs."""

from .experiment import Experiment
from .figures import ACCURACY, draw_shares, panels
from .formatting import above, listed, percent
from .networks import matched, parameters, widths

FAMILIES = ("FeedForward", "PooledCNN", "StridedCNN", "GlobalPoolCNN")
BUDGETS, QUICK_BUDGETS = (10_000, 35_000, 120_000), (1500, 6000)


def maker(family, shape, classes, blocks):
    """Function from a scale to a network of a family, without a hidden dense layer behind convolutions."""
    from .. import zoo

    build = getattr(zoo, family)
    if family == "FeedForward":
        return lambda scale: build(shape, classes, units=(max(round(scale), 1),) * 2)
    head = {} if family == "GlobalPoolCNN" else {"units": ()}
    return lambda scale: build(shape, classes, filters=widths(scale), blocks=blocks, **head)


def trainings(lab):
    """``{(family, budget): Training}``."""
    shape, classes = lab.dataset.input_shape, len(lab.dataset.class_names)
    blocks, count = 1 if lab.quick else 2, parameters(shape)
    return {
        (family, budget): lab.training(
            f"{family}_{budget}", matched(maker(family, shape, classes, blocks), count, budget)
        )
        for family in FAMILIES
        for budget in (QUICK_BUDGETS if lab.quick else BUDGETS)
    }


def run(lab):
    """A row a family and budget of parameters."""
    planned = trainings(lab)
    results = lab.evaluate(list(lab.train(list(planned.values())).values()))["results"]
    return [
        {"network": family, "budget": budget, **columns}
        for (family, budget), columns in zip(planned, results, strict=True)
    ]


def plot(rows):
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    figure, (axes,) = panels(("parameters (logarithmic)", ACCURACY))
    for number, family in enumerate(FAMILIES):
        own = [row for row in rows if row["network"] == family]
        draw_shares(axes, number, family, [row["params"] for row in own], own)
    axes.set_xscale("log")
    budgets = sorted({row["budget"] for row in rows})
    axes.xaxis.set_major_locator(FixedLocator(budgets))
    axes.xaxis.set_major_formatter(FixedFormatter([f"{budget:,}" for budget in budgets]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.legend()
    return figure


def paragraph(rows):
    dense = {row["budget"]: row for row in rows if row["network"] == "FeedForward"}
    cnns = [row for row in rows if row["network"] != "FeedForward"]
    better = [row for row in cnns if above(row, dense[row["budget"]])]
    text = " ".join(
        f"With about {budget:,} parameters the feed-forward network answers {percent(row)} of the test images right, "
        + listed([f"{each['network']} {percent(each)}" for each in cnns if each["budget"] == budget])
        + "."
        for budget, row in dense.items()
    )
    verdict = f"in {len(better)} of {len(cnns)} comparisons at equal parameters the CNN's interval lies above"
    if len(better) == len(cnns):
        text += f" Convolution pays at every size: {verdict}."
    elif better:
        text += f" Convolution pays, but not everywhere: {verdict}."
    else:
        text += f" That convolution makes more of its parameters does not show: {verdict}."
    worse = [row for row in cnns if above(dense[row["budget"]], row)]
    if worse:
        text += f" In {len(worse)} it lies below."
    largest = dense[max(dense)]
    reaching = [row for row in cnns if row["budget"] < largest["budget"] and row["top1"] >= largest["top1"]]
    if not reaching:
        return f"{text} No CNN of fewer parameters reaches the largest feed-forward network."
    smallest = min(reaching, key=lambda row: row["params"])
    return (
        f"{text} What the feed-forward network reaches with {largest['params']:,} parameters, {smallest['network']} "
        f"reaches with {smallest['params']:,}."
    )


EXPERIMENT = Experiment(
    name="parameters",
    question="What do parameters buy? Accuracy against their number, feed-forward and three families of CNNs.",
    run=run,
    plot=plot,
    paragraph=paragraph,
)
