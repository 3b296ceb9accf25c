"""Data sets that Keras downloads, and the folder where it keeps them."""

import os
from pathlib import Path

from ...common.errors import EdgezooError
from ...common.files import naming_full_disk
from ...common.quiet import import_keras
from ...common.text import one_line
from .named_dataset import NamedDataset


def keras_cache():
    """The folder that Keras downloads to, whether it is there or not."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "datasets"


def download(name):
    """``{part: (images, labels)}`` from Keras, which keeps what it downloads.

    Raises:
        EdgezooError: it is not there, and the download failed.
    """
    keras = import_keras()
    try:
        with naming_full_disk(keras_cache()):
            train, test = getattr(keras.datasets, name).load_data()
    except EdgezooError:
        raise
    except Exception as error:  # Keras raises a bare Exception where the download fails
        raise EdgezooError(
            f"cannot get {name}, Keras' download failed ({one_line(error)}): connect this machine to the network, "
            f"or copy {keras_cache()} from one where it worked."
        ) from error
    return {"train": train, "test": test}


def from_keras(name, cached, **facts):
    """The ``NamedDataset`` that ``keras.datasets`` has by this name.

    Args:
        name: of the data set, ours and Keras'.
        cached: what Keras then leaves in its folder.
        facts: what else a ``NamedDataset`` says.
    """

    def find():
        path = keras_cache() / cached
        return str(path) if path.exists() else None

    return NamedDataset(
        name, find=find, fetch=lambda: download(name), how="downloaded by Keras at the first use", **facts
    )
