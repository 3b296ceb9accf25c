"""Images that one of two files gets right and the other wrong."""

import base64
import io

import numpy as np

#: Of two files so many images are kept.
EXAMPLES = 24
#: The longer side of a picture in the report, in pixels; smaller images stay as they are.
SIDE = 96


def differing(labels, answers_a, answers_b, indices, classes):
    """A fixed random sample of the images that one of two files got right and the other wrong.

    Args:
        labels: int [n], the true classes.
        answers_a, answers_b: int [n], the classes that the files answered.
        indices: int [n], which images of the split these are.
        classes: how many there are; a larger answer is none of them.

    Returns:
        At most ``EXAMPLES`` dicts ``{"index", "label", "a", "b"}`` in the order of the split: the image's place in the
        split, its class and both answers, ``None`` for what is none of the classes.
    """
    found = np.flatnonzero((answers_a == labels) != (answers_b == labels))
    chosen = np.sort(np.random.default_rng(0).permutation(found)[:EXAMPLES])
    a, b = (np.where(answers < classes, answers, None) for answers in (answers_a, answers_b))
    return [{"index": int(indices[k]), "label": int(labels[k]), "a": a[k], "b": b[k]} for k in chosen]


def thumbnails(split, indices):
    """Small pictures to put into a page.

    Args:
        split: ``Split`` of a data set.
        indices: places in it, each once.

    Returns:
        ``{index: (name, data URI of a PNG, whether it is a small one)}``. Where it is neither gray nor
        RGB, it shows the mean of the channels.
    """
    from PIL import Image

    height, width, channels = split.shape
    scale = min(1, SIDE / max(height, width))
    shape = (max(1, round(height * scale)), max(1, round(width * scale)), channels)
    pictures = {}
    for index, pixels in zip(indices, split.at(shape).read(indices) if indices else (), strict=True):
        if channels not in (1, 3):
            pixels = pixels.mean(axis=-1, keepdims=True).astype(np.uint8)
        png = io.BytesIO()
        Image.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels).save(png, "PNG", optimize=True)
        uri = "data:image/png;base64," + base64.b64encode(png.getvalue()).decode()
        pictures[index] = split.name(index), uri, max(shape[:2]) < SIDE
    return pictures
