"""From what a user names to a ``Dataset``."""

import os
from pathlib import Path

from ..common.errors import EdgezooError, UnknownName
from ..common.fit import Fit
from ..common.text import dimensions
from .folder import load_folder
from .named import NAMED, load_named
from .npz import load_npz
from .sizes import checked_size, fitted


def load_dataset(
    name_or_path, *, seed=0, image_size=None, channels=None, validation_fraction=0.1, skip_bad=False, fit=None
):
    """Loads a data set by name, from a folder of images or from an ``.npz`` file.

    A name of ``known_datasets()`` comes first; a folder of that name is meant by ``./name``.

    Args:
        name_or_path: ``"fashion_mnist"``, …; a folder with one sub-folder a class, or with ``train/``, ``validation/``
            and ``test/`` above those; an ``.npz`` file with ``x_train``, ``y_train``, … or ``x`` and ``y``.
        seed: of the splits that have to be made. The test split is what came as such, else 20 % of each class;
            validation is what came as such, else taken from the training images. In a folder or an ``.npz`` an image's
            place goes by what it shows, so that other images that come and go do not move it (``splitting.py``).
        image_size: side or (H, W) of the images; by default their own, or for large ones and a folder of different ones
            a square of 32 to 96 pixels (``sizes.default_size``).
        channels: 1 or 3; by default what the images have: a folder without a coloured pixel has 1.
        validation_fraction: share of each class's training images that becomes the validation split.
        skip_bad: leave out picture files that cannot be read, instead of an error; ``source["skipped"]`` lists them.
        fit: how images get that size: ``"squash"``, which is the default, ``"crop"`` or ``"pad"``, whose border is the
            mean colour of the training images; or a ``common.fit.Fit``.

    Returns:
        ``Dataset`` of uint8 images.

    Raises:
        UnknownName: no such name, file or folder, or fit.
        EdgezooError: it cannot be had or read, or is no image-classification problem; the message says why.
    """
    options = {
        "seed": seed,
        "image_size": checked_size(image_size),
        "channels": channels,
        "validation_fraction": validation_fraction,
    }
    if not os.fspath(name_or_path):
        raise EdgezooError("the data set has no name; give a name, a folder of images or an .npz file.")
    return fitted(_read(name_or_path, skip_bad, options), fit or Fit())


def _read(name_or_path, skip_bad, options):
    """The ``Dataset``, with images that are stretched."""
    if name_or_path in NAMED:
        return load_named(name_or_path, **options)
    path = Path(name_or_path)
    if path.is_dir():
        return load_folder(path, skip_bad=skip_bad, **options)
    if path.suffix == ".npz":
        return load_npz(path, **options)
    if path.exists():
        raise EdgezooError(f"{path} is neither a folder of images nor an .npz file.")
    if isinstance(name_or_path, os.PathLike) or os.sep in name_or_path:
        raise EdgezooError(f"{path} does not exist.")
    raise UnknownName(
        "data set", name_or_path, NAMED, "there is no folder of that name either; `edgezoo datasets` lists the names"
    )


def load_dataset_for(model, name_or_path, *, image_size=None, **options):
    """Loads a data set for a network, with the images in the size and channels that its input fixes.

    Args:
        model: a ``keras.Model``, or anything else whose ``inputs`` have a ``shape`` of batch, height, width and
            channels, ``None`` where any will do. What is not fixed is left to the data; so is everything where the
            network does not take one image, which whatever uses it has its own words for.
        image_size: as for ``load_dataset``, where the network leaves it open.
        name_or_path, **options: as for ``load_dataset``; ``channels`` are the network's.

    Returns:
        ``Dataset`` of uint8 images.

    Raises:
        EdgezooError: as from ``load_dataset``; or the network takes another size than ``image_size``.
    """
    shapes = [tuple(tensor.shape[1:]) for tensor in getattr(model, "inputs", None) or ()]
    one_image = len(shapes) == 1 and len(shapes[0]) == 3
    height, width, channels = shapes[0] if one_image else (None, None, None)
    wanted = checked_size(image_size)
    if wanted and any(own not in (None, side) for own, side in zip((height, width), wanted, strict=True)):
        raise EdgezooError(
            f"{model.name} takes images of {dimensions((height, width))}, not of {dimensions(wanted)}; leave out "
            f"--input-size, or build a network with --input-shape {wanted[0]},{wanted[1]},{channels or 3}."
        )
    image_size = (height, width) if height and width else wanted
    return load_dataset(name_or_path, image_size=image_size, channels=channels, **options)
