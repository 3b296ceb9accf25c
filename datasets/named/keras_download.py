"""Data sets that Keras downloads."""

from ...common.keras_cache import downloading, keras_cache
from ...common.quiet import import_keras
from .named_dataset import NamedDataset


def download(name):
    """``{part: (images, labels)}`` from Keras, which keeps what it downloads.

    Raises:
        EdgezooError: it is not there, and the download failed.
    """
    keras = import_keras()
    with downloading(name, "datasets", f"copy {keras_cache('datasets')} from one where it worked"):
        train, test = getattr(keras.datasets, name).load_data()
    return {"train": train, "test": test}


def from_keras(name, cached, **facts):
    """The ``NamedDataset`` that ``keras.datasets`` has by this name.

    Args:
        name: of the data set, ours and Keras'.
        cached: what Keras then leaves in its folder.
        facts: what else a ``NamedDataset`` says.
    """

    def find():
        path = keras_cache("datasets") / cached
        return str(path) if path.exists() else None

    return NamedDataset(
        name, find=find, fetch=lambda: download(name), how="downloaded by Keras at the first use", **facts
    )
