"""Images with labels: a name, a folder or an ``.npz`` file becomes a ``Dataset``.

    dataset.py       Dataset and Split; what is missing is split off from the training images
    images.py        one picture file, or one array, to the pixels that a network sees
    sources.py       many images, in memory or on disk, read by number
    named/           fashion_mnist, mnist, cifar10, cifar100, digits: where each is found, and whether it is whole
    idx.py           the file format of the MNIST family
    folder.py        a folder of picture files
    tree.py          what its sub-folders are: classes or splits
    sizes.py         the height and width in which images are read, and how they get there
    npz.py           a file of arrays
    npz_keys.py      what its arrays are
    pixel_scale.py   0–255, 0–1 or −1–1
    split_names.py   which split a name means
    splitting.py     what is split off, by content or by position
    imbalance.py     how unevenly images are spread over classes
    fingerprints.py  whether two images are the same, or nearly
    repeats.py       images that are in two splits
    loading.py       load_dataset: which of these a name means
    overview.py      counts, and a contact sheet

TensorFlow is imported by ``Split.pipeline`` and by a download through Keras, by nothing else here.
"""

from ..common.lazy import lazy

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "Dataset": "dataset",
        "Split": "dataset",
        "load_dataset": "loading",
        "load_dataset_for": "loading",
        "known_datasets": "named",
        "NamedDataset": "named",
        "describe_dataset": "overview",
        "contact_sheet": "overview",
    },
)
