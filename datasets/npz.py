"""A file of arrays, as ``np.savez`` writes it.

Keys as in Keras' own data sets: ``x_train``, ``y_train``, and ``x_val``, ``y_val``, ``x_test``, ``y_test`` where they
exist; or ``x`` and ``y`` alone. ``class_names`` may be there.
"""

import zipfile
import zlib

import numpy as np
import psutil

from ..common.errors import EdgezooError
from ..common.files import existing_file, sha256
from ..common.text import one_line
from .dataset import Split, assemble
from .images import can_convert
from .sources import ArraySource

_PARTS = {"train": "train", "val": "validation", "test": "test"}
_MOST_CLASSES = 1_000_000


def load_npz(path, *, seed, image_size, channels, validation_fraction):
    """Reads an ``.npz`` file as a ``Dataset``; arguments and errors as in ``load_dataset``.

    Pixels: uint8; other integers from 0 to 255; floats from 0 to 1, which are multiplied by 255; floats from 0 to 255.
    Floats are rounded. Which of the two scales it is goes by the largest value in the file. Labels: integers from 0.
    """
    path = existing_file(path)
    arrays = _read(path)
    if "x" in arrays and "x_train" not in arrays:
        arrays |= {"x_train": arrays.pop("x"), "y_train": arrays.pop("y", None)}
    if "x_train" not in arrays:
        raise EdgezooError(f"{path} has neither x_train nor x; its keys are: {', '.join(sorted(arrays)) or 'none'}.")

    pixels, labels = {}, {}
    for key, part in _PARTS.items():
        if f"x_{key}" in arrays or f"y_{key}" in arrays:
            pixels[part] = _checked_images(path, f"x_{key}", arrays.get(f"x_{key}"))
            labels[part] = _checked_labels(path, f"y_{key}", arrays.get(f"y_{key}"), len(pixels[part]))
    pixels = _as_bytes(path, pixels)
    names = _class_names(path, arrays.get("class_names"), 1 + max(values.max() for values in labels.values()))

    stored = pixels["train"].shape[1:]
    if any(images.shape[1:] != stored for images in pixels.values()):
        raise EdgezooError(f"{path}: training, validation and test images differ in size or channels.")
    shape = (*(image_size or stored[:2]), channels or stored[2])
    if shape[2] != stored[2] and not can_convert(stored[2], shape[2]):
        raise EdgezooError(f"{path}: images of {stored[2]} channels cannot be made into ones of {shape[2]}.")
    parts = {part: Split(ArraySource(images, shape), labels[part]) for part, images in pixels.items()}
    side = list(stored[:2])
    source = {
        "kind": "npz",
        "path": str(path),
        "sha256": sha256(path),
        "sizes": {"distinct": 1, "smallest": side, "largest": side},
    }
    return assemble(path.stem, names, shape, parts, source, seed=seed, validation_fraction=validation_fraction)


def _read(path):
    """The arrays by key; ``None`` stands for those that are of no use here."""
    wanted = {"x", "y", "class_names"} | {f"{axis}_{key}" for axis in "xy" for key in _PARTS}
    try:
        with zipfile.ZipFile(path) as archive:
            members = {member.filename.removesuffix(".npy"): member for member in archive.infolist()}
            stated = sum(member.file_size for name, member in members.items() if name in wanted)
        # A small file can state, or really unpack to, more than the machine can hold.
        if stated > psutil.virtual_memory().available:
            raise EdgezooError(
                f"{path} unpacks to {stated / 1e9:.1f} GB, more than the free memory; use a folder of images."
            )
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] if name in wanted else None for name in members}
    except (
        OSError,
        ValueError,
        EOFError,
        KeyError,
        MemoryError,
        RuntimeError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        gist = one_line(error)
        if "allow_pickle" in gist:
            gist = "it holds Python objects, which are never unpickled; save plain arrays of numbers or text"
        raise EdgezooError(f"cannot read {path}: {gist}") from error


def _checked_images(path, key, images):
    """[n, h, w, c] of numbers."""
    if images is None:
        raise EdgezooError(f"{path} has {key.replace('x', 'y')} but no {key}.")
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


def _checked_labels(path, key, labels, count):
    """int64 [n]."""
    if labels is None:
        raise EdgezooError(f"{path} has {key.replace('y', 'x')} but no {key}.")
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


def _as_bytes(path, pixels):
    """The images as uint8, all on one scale."""
    kinds = {images.dtype.kind for images in pixels.values()}
    if not (kinds <= set("ui") or kinds == {"f"}):
        types = ", ".join(str(images.dtype) for images in pixels.values())
        raise EdgezooError(f"{path}: images must all be of an integer type or all of a float type. Received: {types}")
    lowest = np.min([images.min() for images in pixels.values()])
    highest = np.max([images.max() for images in pixels.values()])
    if not (lowest >= 0 and highest <= 255):  # so that NaN, which compares false, is refused too
        raise EdgezooError(f"{path}: pixels must lie between 0 and 255, or 0 and 1. Received: {lowest} to {highest}")
    scale = 255 if kinds == {"f"} and highest <= 1 else 1
    return {
        part: images if images.dtype == np.uint8 else np.rint(images * scale).astype(np.uint8)
        for part, images in pixels.items()
    }


def _class_names(path, names, classes):
    """The given names, or the numbers; all labels must have one."""
    if names is None:
        return [str(label) for label in range(classes)]
    if names.ndim != 1 or names.dtype.kind != "U" or len(names) < classes:
        raise EdgezooError(f"{path}: class_names must be text, one for each of the {classes} classes.")
    return names.tolist()
