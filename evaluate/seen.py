"""Whether a file is scored on images that it was trained on."""

import numpy as np

from ..export.bundle import trained_on_beside as beside_exported
from ..inspection.files import KERAS, kind_of
from ..train.run_folder import trained_on_beside as beside_trained


def seen_in_training(path, images):
    """How many images a file's network was trained on.

    Told by fingerprints of the training images, which a run folder and a bundle keep (``trained_on.npy``), and so by
    what the images show, whatever their names and folders are now.

    Args:
        path: ``.keras`` or ``.tflite`` file.
        images: ``Split`` that it is scored on.

    Returns:
        int; ``None`` where it is not known what the file was trained on.
    """
    kept = beside_trained(path) if kind_of(path) == KERAS else beside_exported(path)
    if kept is None:
        return None
    try:
        # As a map of the file, which has no room for more than is there, whatever its header says.
        trained_on = np.load(kept, mmap_mode="r", allow_pickle=False)
        return int(np.isin(images.digests, trained_on).sum())
    except Exception:  # damaged: NumPy hands on whatever Python's parser makes of a header
        return None


def in_words(result):
    """A row of results as a sentence, or ``None`` where nothing was seen or nothing is known."""
    seen, n = result.get("seen_in_training"), result.get("n")
    if not seen:
        return None
    share = f"all {n}" if seen == n else f"{seen} of the {n}"
    images = f"{result['split']} images of {result['dataset']} that it is scored on"
    return f"{result['file']} was trained on {share} {images}; its accuracy on them says nothing of new images."
