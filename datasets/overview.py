"""What a data set holds: counts for programs, and a contact sheet for eyes."""

import warnings

import numpy as np
from PIL import Image

from ..common.files import replacing
from ..common.progress import note
from ..common.text import dimensions
from .images import to_pixels
from .imbalance import imbalance
from .repeats import identical, near

_IMAGES_A_CLASS = 8
_MOST_CLASSES = 100
_CELL = 64  # pixels of a thumbnail's height
_GAP = 4
_FONT = "DejaVu Sans"  # comes with matplotlib


def describe_dataset(dataset, *, look_alikes=False):
    """A JSON-able summary of a ``Dataset``.

    Args:
        dataset: ``Dataset``.
        look_alikes: whether to look for images of two splits that are nearly the same, too; every image is read for it.

    Returns:
        Dict of ``name``, ``classes`` (their names), ``input_shape``, ``counts`` (``{split: {class: images}}``),
        ``imbalance`` of the training images, as in ``imbalance.py``, ``source``, which holds the ``sizes`` of the
        images before they were resized, ``identical`` and, where asked for, ``near``, both as in ``repeats.py``.
    """
    document = {
        "name": dataset.name,
        "classes": list(dataset.class_names),
        "input_shape": list(dataset.input_shape),
        "counts": {
            part: dict(zip(dataset.class_names, _counts(split, dataset), strict=True))
            for part, split in dataset.splits.items()
        },
        "imbalance": imbalance(dataset.train, dataset.class_names),
        "source": dataset.source,
        "identical": identical(dataset),
    }
    return document | {"near": near(dataset)} if look_alikes else document


def _counts(split, dataset):
    return np.bincount(split.labels, minlength=len(dataset.class_names)).tolist()


def contact_sheet(dataset, path):
    """Writes a PNG with a row of training images for every class, as the network sees them.

    Args:
        dataset: ``Dataset``; of more than 100 classes the first 100 are shown.
        path: file to write, in one step.
    """
    from matplotlib.figure import Figure

    names = dataset.class_names[:_MOST_CLASSES]
    sheet = np.concatenate([_row(dataset.train, label) for label in range(len(names))])
    height, width = sheet.shape[:2]
    title = f"{dataset.name}: {len(dataset.class_names)} classes, {dimensions(dataset.input_shape)}"
    fonts = [_FONT, *_other_fonts("".join((title, *names)))]

    dpi = 100
    figure = Figure(figsize=(width / dpi, height / dpi), dpi=dpi)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.imshow(sheet)
    axes.set_xticks([])
    # Names are text, never formulas: «$» is a letter here.
    centers = (np.arange(len(names)) + 0.5) * (height / len(names))
    axes.set_yticks(centers, names, family=fonts, parse_math=False)
    axes.tick_params(length=0)
    axes.set_frame_on(False)
    axes.set_title(title, family=fonts, parse_math=False)
    with replacing(path) as temporary, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # _other_fonts has said so
        figure.savefig(temporary, format="png", bbox_inches="tight")


def _row(split, label):
    """uint8 [_CELL + _GAP, W, 3]: up to ``_IMAGES_A_CLASS`` images spread over the class, on white."""
    members = np.flatnonzero(split.labels == label)
    chosen = members[np.linspace(0, len(members) - 1, min(len(members), _IMAGES_A_CLASS)).astype(int)]
    cells = [_thumbnail(image) for image in split.read(chosen)]
    cells += [np.full_like(cells[0], 255)] * (_IMAGES_A_CLASS - len(cells))
    return np.concatenate([np.pad(cell, ((0, _GAP), (0, _GAP), (0, 0)), constant_values=255) for cell in cells], axis=1)


def _thumbnail(image):
    height, width, channels = image.shape
    shown = image if channels == 3 else image[..., 0]  # of other counts than 1 and 3 the first channel
    # Extreme strips are squeezed, so that the sheet stays a sheet.
    return to_pixels(Image.fromarray(shown), (_CELL, round(np.clip(_CELL * width / height, 1, 2 * _CELL)), 3))


def _other_fonts(text):
    """Installed fonts for the letters that matplotlib's own lacks (Chinese, Japanese, …); as many as are needed."""
    from matplotlib import font_manager

    def lacking(font_path, letters):
        return letters - {chr(code) for code in font_manager.get_font(font_path).get_charmap()}

    missing = lacking(font_manager.findfont(_FONT), set(text))
    families = []
    for font in font_manager.fontManager.ttflist if missing else ():
        left = lacking(font.fname, missing)
        # Last Resort has a box for every letter that there is.
        if left != missing and not font.name.startswith("Last Resort"):
            families.append(font.name)
            missing = left
    if missing:
        note(f"no installed font has {''.join(sorted(missing))}; the contact sheet shows boxes instead")
    return families
