"""What to train, and on what."""

from ..common.quiet import import_keras
from ..datasets.loading import load_dataset, load_dataset_for
from ..zoo.calling import try_call
from ..zoo.registry import entry
from ..zoo.resolving import is_model_file, load_or_build


def prepare(model, data, *, seed=0, skip_bad=False):
    """A network and a data set that fit each other, for ``fit``.

    Args:
        model: a ``.keras`` file, whose network gets the images in the size and channels that it fixes; or a named
            model, which is built for the images and classes of the data.
        data: name or path of the data set, as for ``load_dataset``.
        seed: of a named model's initial weights.
        skip_bad: leave out picture files that cannot be read.

    Returns:
        ``(keras.Model, Dataset)``.

    Raises:
        UnknownName: there is no such model, file or data set.
        EdgezooError: the file or the data cannot be read.
    """
    if is_model_file(model):
        network = load_or_build(model)
        from ..zoo.classifier import classifier

        classifier(network, model)  # before anything is said of the images
        try_call(network, model)
        return network, load_dataset_for(network, data, skip_bad=skip_bad)
    entry(model)  # a wrong name is said before the data are read
    dataset = load_dataset(data, skip_bad=skip_bad)
    import_keras().utils.set_random_seed(seed)
    return load_or_build(model, input_shape=dataset.input_shape, classes=len(dataset.class_names)), dataset
