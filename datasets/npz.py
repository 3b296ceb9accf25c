"""A file of arrays, as ``np.savez`` writes it.

Keys as in Keras' own data sets: ``x_train``, ``y_train``, and ``x_val``, ``y_val``, ``x_test``, ``y_test`` where they
exist; or ``x`` and ``y`` alone. ``npz_keys.py`` tells which other names are understood. ``class_names`` may be there.
"""

import contextlib
import zipfile

import numpy as np
import psutil

from ..common.errors import EdgezooError
from ..common.files import existing_file, sha256
from ..common.progress import note
from ..common.text import one_line
from .dataset import Split, assemble
from .images import can_convert
from .npz_keys import CALLED, NAMES, shown, understood
from .pixel_scale import UNIT, scale_of
from .repeats import with_identical
from .sizes import default_size
from .sources import ArraySource

_MOST_CLASSES = 1_000_000


def load_npz(path, *, seed, image_size, channels, validation_fraction):
    """Reads an ``.npz`` file as a ``Dataset``; arguments and errors as in ``load_dataset``.

    Pixels: uint8; other integers from 0 to 255; floats on 0 to 255, 0 to 1 or −1 to 1, each array judged by itself
    (``pixel_scale.scale_of``). Labels: integers from 0 or from 1, without gaps.
    """
    path = existing_file(path)
    with _readable(path):
        arrays, keys, unknown = _read(path)
    pixels, labels, called = {}, {}, {}
    for part in (part for part in CALLED if {("x", part), ("y", part)} & set(keys)):
        x, y = keys.get(("x", part)), keys.get(("y", part))
        x_shown, y_shown = shown("x", part, x), shown("y", part, y)
        pixels[part] = _checked_images(path, x_shown, y_shown, arrays.get(x))
        labels[part] = _checked_labels(path, y_shown, x_shown, arrays.get(y), len(pixels[part]))
        called[part] = x
    if unknown:
        note(f"{path}: not read, since the names say nothing of images and labels: {', '.join(unknown)}")
    pixels, scales = _as_bytes(path, pixels, called)
    labels, names = _numbered(path, labels, arrays.get(NAMES))

    stored = pixels["train"].shape[1:]
    if any(images.shape[1:] != stored for images in pixels.values()):
        raise EdgezooError(f"{path}: training, validation and test images differ in size or channels.")
    shape = (*(image_size or default_size([stored[:2]])), channels or stored[2])
    if shape[2] != stored[2] and not can_convert(stored[2], shape[2]):
        raise EdgezooError(f"{path}: images of {stored[2]} channels cannot be made into ones of {shape[2]}.")
    parts = {part: Split(ArraySource(images, shape, called[part]), labels[part]) for part, images in pixels.items()}
    side = list(stored[:2])
    source = {
        "kind": "npz",
        "path": str(path),
        "sha256": sha256(path),
        "sizes": {"distinct": 1, "smallest": side, "largest": side},
        "arrays": called,
        "scales": scales,
        "split_by": "content",
    }
    options = {"seed": seed, "validation_fraction": validation_fraction}
    return with_identical(assemble(path.stem, names, shape, parts, source, **options))


def _read(path):
    """The arrays that are of use by key, which is for what, and the keys of no use (see ``npz_keys.understood``)."""
    with zipfile.ZipFile(path) as archive:
        sizes = {member.filename.removesuffix(".npy"): member.file_size for member in archive.infolist()}
    keys, unknown = understood(path, list(sizes))
    wanted = {key for key in sizes if key not in unknown}
    # A small file can state, or really unpack to, more than the machine can hold.
    stated = sum(sizes[key] for key in wanted)
    if stated > psutil.virtual_memory().available:
        raise EdgezooError(
            f"{path} unpacks to {stated / 1e9:.1f} GB, more than the free memory; use a folder of images."
        )
    with np.load(path, allow_pickle=False) as file:
        return {key: file[key] for key in wanted}, keys, unknown


@contextlib.contextmanager
def _readable(path):
    """What NumPy and zipfile say of a damaged file, as an ``EdgezooError``."""
    try:
        yield
    except EdgezooError:
        raise
    except Exception as error:  # NumPy hands on whatever Python's own parser makes of a header
        gist = one_line(error)
        if "allow_pickle" in gist:
            gist = "it holds Python objects, which are never unpickled; save plain arrays of numbers or text"
        raise EdgezooError(f"cannot read {path}: {gist}") from error


def _checked_images(path, key, labels_key, images):
    """[n, h, w, c] of numbers."""
    if images is None:
        raise EdgezooError(f"{path} has {labels_key} but no {key}.")
    if images.ndim == 3:
        images = images[..., np.newaxis]
    if images.ndim != 4 or not images.size:
        raise EdgezooError(
            f"{path}: {key} must be [n, h, w] or [n, h, w, c] and not empty. Received: {list(images.shape)}"
        )
    if images.shape[1] in (1, 3) and images.shape[3] > 4:
        raise EdgezooError(
            f"{path}: {key} has its channels first, {list(images.shape)}; store x.transpose(0, 2, 3, 1)."
        )
    return images


def _checked_labels(path, key, images_key, labels, count):
    """int64 [n]."""
    if labels is None:
        raise EdgezooError(f"{path} has {images_key} but no {key}.")
    if labels.shape == (count, 1):  # CIFAR's shape in Keras
        labels = labels[:, 0]
    if labels.ndim == 2 and len(labels) == count:
        raise EdgezooError(f"{path}: {key} must be class numbers [n], not one-hot; store y.argmax(axis=1).")
    if labels.shape != (count,):
        raise EdgezooError(f"{path}: {key} must be [{count}], a label for every image. Received: {list(labels.shape)}")
    # Class numbers without gaps are small; the bound keeps a stray id from becoming a billion classes.
    if labels.dtype.kind not in "iu" or not 0 <= labels.min() <= labels.max() < _MOST_CLASSES:
        raise EdgezooError(
            f"{path}: {key} must be whole numbers from 0. Received: {labels.dtype}, {labels[:3].tolist()} …"
        )
    return labels.astype(np.int64)


def _as_bytes(path, pixels, called):
    """The images as uint8, each array from the scale that it is on; and the scales of floats by key, which are told."""
    kinds = {images.dtype.kind for images in pixels.values()}
    if not (kinds <= set("ui") or kinds == {"f"}):
        types = ", ".join(str(images.dtype) for images in pixels.values())
        raise EdgezooError(f"{path}: images must all be of an integer type or all of a float type. Received: {types}")
    scales = {part: scale_of(f"{path}: {called[part]}", images) for part, images in pixels.items()}
    known = {scale for scale in scales.values() if scale}
    # What is only black and white goes with the other arrays.
    common = known.pop() if len(known) == 1 else UNIT
    scales = {part: scale or common for part, scale in scales.items()}
    told = {called[part]: str(scale) for part, scale in scales.items() if kinds == {"f"}}
    if told:
        each = ", ".join(f"{key} {scale}" for key, scale in told.items())
        note(f"{path}: the scale of the pixels is judged by their range: {each}; what lies outside is cut off")
    as_bytes = {
        part: images if images.dtype == np.uint8 else scales[part].to_bytes(images) for part, images in pixels.items()
    }
    for part, images in as_bytes.items():
        if images.max() <= 1:
            note(f"{path}: {called[part]} is black, or nearly: its highest pixel is {images.max()} of 255")
    return as_bytes, told


def _numbered(path, labels, names):
    """Labels that count from 0, and the class names.

    Labels that count from 1, as other tools write them, are renumbered, which is told; where no names are given, a
    class is still called as its label was.
    """
    present = np.unique(np.concatenate(list(labels.values())))
    first, classes = 0, 1 + int(present[-1])
    if present[0] == 1 and (names is None or len(names) == present[-1]):
        first, classes = 1, classes - 1
        labels = {part: values - 1 for part, values in labels.items()}
        note(f"{path}: the labels count from 1; the class of label 1 is a network's first output, number 0")
    if names is None:
        gaps = np.setdiff1d(np.arange(first, first + classes), present)
        if len(gaps):
            raise EdgezooError(
                f"{path}: class '{gaps[0]}' has 0 images: the labels, from {present[0]} to {present[-1]}, have gaps; "
                "store np.unique(y, return_inverse=True)[1] of all labels together, or give class_names."
            )
        return labels, [str(label) for label in range(first, first + classes)]
    if names.ndim != 1 or names.dtype.kind != "U" or len(names) < classes:
        raise EdgezooError(f"{path}: class_names must be text, one for each of the {classes} classes.")
    return labels, names.tolist()
