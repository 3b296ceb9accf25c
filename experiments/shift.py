"""How steady answers are when the image moves by a pixel or a few, by way of downsampling.

After Zhang 2019, «Making Convolutional Networks Shift-Invariant Again», whose consistency is the share of predictions
that two shifts of an image have in common; here one of the two is the image as it is.
"""

import numpy as np

from ..common.progress import track
from .experiment import Experiment
from .figures import draw_shares, panels
from .formatting import above, listed, percent, points
from .networks import by_downsampling
from .pixels import DIRECTIONS, shifted

DISTANCES, QUICK_DISTANCES = (1, 2, 3, 4), (1, 2)
#: The ways of downsampling that step over pixels without a low-pass filter.
ALIASING = ("max", "min", "strided")
_BATCH = 256


def run(lab):
    """A row a way of downsampling and distance, with distance 0 for the images as they are.

    ``top1`` and ``same``, the share of predictions that stay as they were at distance 0, are means over the eight
    directions; a diagonal step goes as far along both axes. The intervals are Wilson's for the number of images: the
    eight directions of an image are no eight images, and a mean over them varies less from image to image than one
    answer does, so these intervals are rather too wide than too narrow.
    """
    from ..evaluate.identity import describe_file
    from ..inspection import describe
    from ..runtime import load_runner

    paths = lab.train(by_downsampling(lab))
    test = lab.dataset.test
    images, labels = test.read(np.arange(len(test))), test.labels
    distances = QUICK_DISTANCES if lab.quick else DISTANCES
    moves = {0: [(0, 0)]} | {by: [(by * down, by * right) for down, right in DIRECTIONS] for by in distances}
    rows = []
    for name, path in track(paths.items(), "shifting", total=len(paths)):
        runner, summary = load_runner(path), describe(path)
        identity = lab.identity(describe_file(path))
        unmoved = predictions(runner, images)
        for distance, steps in moves.items():
            moved = [predictions(runner, shifted(images, *step)) for step in steps]
            rows.append(
                {
                    "network": name,
                    "distance": distance,
                    "params": summary.params,
                    "macs": summary.macs,
                    "n": len(labels),
                    **share("top1", [answers == labels for answers in moved]),
                    **share("same", [answers == unmoved for answers in moved]),
                    **identity,
                }
            )
    return rows


def predictions(runner, images):
    """Classes int64 [n] that a runner answers for uint8 [n, H, W, C]."""
    batches = [images[start : start + _BATCH] for start in range(0, len(images), _BATCH)]
    return np.concatenate([runner.predict(batch).argmax(axis=1) for batch in batches])


def share(key, hits):
    """``{key, key_low, key_high}``: the mean of bool arrays [n] over the same n images, and its 95 % interval."""
    from ..evaluate.statistics import wilson_interval

    mean, n = float(np.mean(hits)), len(hits[0])
    low, high = wilson_interval(mean * n, n)
    return {key: mean, f"{key}_low": low, f"{key}_high": high}


def plot(rows):
    distance = "shift, pixels"
    labels = ("top-1 accuracy, % (95 % interval)", "unchanged predictions, % (95 % interval)")
    figure, (accuracy, same) = panels(*((distance, label) for label in labels))
    for number, name in enumerate(dict.fromkeys(row["network"] for row in rows)):
        own = [row for row in rows if row["network"] == name]
        for axes, key in ((accuracy, "top1"), (same, "same")):
            draw_shares(axes, number, name, [row["distance"] for row in own], own, key)
    for axes in (accuracy, same):
        axes.set_xticks(sorted({row["distance"] for row in rows}))
        axes.legend()
    return figure


def paragraph(rows):
    def at(distance):
        return {row["network"]: row for row in rows if row["distance"] == distance}

    furthest = max(row["distance"] for row in rows)
    still, near, far = at(0), at(1), at(furthest)
    text = (
        "Without shift augmentation, so that steadiness comes from the networks themselves, and at equal "
        "multiplications, these shares of predictions stay the same when the image moves by one pixel: "
        + listed([f"{name} {percent(row, 'same')}" for name, row in near.items()])
        + f"; by {furthest} pixels: "
        + listed([f"{name} {percent(row, 'same')}" for name, row in far.items()])
        + f". Over those {furthest} pixels accuracy falls by "
        + listed([f"{points(still[name]['top1'] - row['top1'])} ({name})" for name, row in far.items()])
        + ". "
    )
    mended = [name for name in ALIASING if above(near["blur"], near[name], "same")]
    if len(mended) == len(ALIASING):
        text += f"Blur pooling mends it: at one pixel it is clearly steadier than {listed(mended)}"
    elif mended:
        text += f"Blur pooling mends it in part: at one pixel it is clearly steadier than {listed(mended)} only"
    else:
        text += "That blur pooling mends it does not show: at one pixel it is clearly steadier than none of the others"
    return (
        f"{text}; on images as they are it answers {percent(still['blur'])} right, strided {percent(still['strided'])}."
    )


EXPERIMENT = Experiment(
    name="shift",
    question="Does a shift by a pixel change the answer? Accuracy and steadiness by way of downsampling.",
    run=run,
    plot=plot,
    paragraph=paragraph,
)
