"""What locality is worth: one fixed shuffle of all pixels, for a network that knows of neighbours and for one that
does not."""

from .experiment import Experiment
from .figures import ACCURACY, draw_shares, name_places, panels
from .formatting import above, apart, percent, points
from .networks import matched, parameters
from .pixels import permuted_dataset

NETWORKS = {"FeedForward": "feed-forward network", "PooledCNN": "CNN"}
IMAGES = ("plain", "permuted")


def run(lab):
    """A row a network and kind of images; the feed-forward network has the CNN's number of parameters."""
    from ..zoo import FeedForward, PooledCNN

    shape, classes = lab.dataset.input_shape, len(lab.dataset.class_names)
    filters = (4, 8) if lab.quick else (16, 32, 64)

    def cnn():
        return PooledCNN(shape, classes, filters=filters, blocks=1 if lab.quick else 2, units=())

    def feed_forward(scale):
        width = max(round(scale), 1)
        return FeedForward(shape, classes, units=(width, width))

    count = parameters(shape)
    makers = {"FeedForward": matched(feed_forward, count, count(cnn())), "PooledCNN": cnn}
    datasets = {"plain": lab.dataset, "permuted": permuted_dataset(lab.dataset, lab.recipe.seed)}
    paths = lab.train(
        [
            lab.training(f"{network}_{images}", make, dataset=datasets[images])
            for network, make in makers.items()
            for images in IMAGES
        ]
    )
    rows = []
    for images, dataset in datasets.items():
        results = lab.evaluate([paths[f"{network}_{images}"] for network in makers], dataset)["results"]
        rows += [
            {"network": network, "images": images, **columns} for network, columns in zip(makers, results, strict=True)
        ]
    return rows


def _pair(rows, network):
    by_images = {row["images"]: row for row in rows if row["network"] == network}
    return [by_images[images] for images in IMAGES]


def plot(rows):
    figure, (axes,) = panels(("pixels of the images", ACCURACY))
    for number, (network, name) in enumerate(NETWORKS.items()):
        pair = _pair(rows, network)
        draw_shares(axes, number, f"{name}, {pair[0]['params']:,} parameters", range(2), pair)
    name_places(axes, IMAGES)
    axes.legend()
    return figure


def paragraph(rows):
    dense, cnn = (_pair(rows, network) for network in NETWORKS)
    indifferent, falls = not apart(*dense), above(*cnn)
    change = points(abs(cnn[0]["top1"] - cnn[1]["top1"]))
    text = (
        f"All pixels of every image were shuffled in one fixed way. The feed-forward network ({dense[0]['params']:,} "
        f"parameters) answers {percent(dense[0])} of the plain and {percent(dense[1])} of the shuffled test images "
        f"right: the intervals {'overlap, so where a pixel lies means nothing to it' if indifferent else 'differ'}. "
        f"The CNN ({cnn[0]['params']:,} parameters) answers {percent(cnn[0])} and {percent(cnn[1])}: "
    )
    if falls:
        text += f"it loses {change}. "
    elif apart(*cnn):
        text += f"it gains {change}. "
    else:
        text += f"the {change} between them may be chance, for the intervals overlap. "
    if indifferent and falls:
        return f"{text}That is what it is worth here to know which pixels are neighbours."
    return f"{text}The claim, that shuffling costs the CNN accuracy and the feed-forward network none, does not show."


EXPERIMENT = Experiment(
    name="permuted-pixels",
    question="What is locality worth? One fixed shuffle of all pixels, for a feed-forward network and a CNN.",
    run=run,
    plot=plot,
    paragraph=paragraph,
)
