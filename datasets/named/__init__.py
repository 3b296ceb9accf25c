"""The data sets known by name.

named_dataset.py     what one is
registry.py          NAMED: which there are
loading.py           load_named: the check that one is whole, and the splits
keras_download.py    what Keras downloads, and where it keeps it
fashion_mnist.py     … and the other four: one module a data set
"""

from ...common.lazy import lazy

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "NAMED": "registry",
        "known_datasets": "registry",
        "load_named": "loading",
        "NamedDataset": "named_dataset",
    },
)
