"""The data sets known by name: which there are."""

from ...common.registry import Registry, from_modules

#: Name → ``NamedDataset``, in the order in which they are shown. A new one is a module of this folder and a name here.
NAMED = Registry(
    "data set",
    "edgezoo.datasets",
    from_modules(
        __package__,
        (
            "fashion_mnist",
            "mnist",
            "cifar10",
            "cifar100",
            "digits",
        ),
        "DATASET",
    ),
    remedy="`edgezoo datasets` lists the names",
)


def known_datasets():
    """The data sets known by name; imports no TensorFlow and downloads nothing.

    Returns:
        List of JSON-able dicts: ``name``, ``classes`` (how many), ``input_shape``, ``found`` (where it is on this
        machine, or ``None``), ``how`` (how to get it).
    """
    return [
        {
            "name": named.name,
            "classes": len(named.class_names),
            "input_shape": list(named.input_shape),
            "found": named.find(),
            "how": named.how,
        }
        for named in NAMED.values()
    ]
