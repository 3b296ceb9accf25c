"""What to train, and on what."""

from ..common.errors import EdgezooError
from ..common.fit import chosen
from ..common.progress import note
from ..common.quiet import import_keras
from ..datasets.loading import load_dataset, load_dataset_for
from ..datasets.sizes import size_in_words
from ..inspection.head import head_in_words
from ..zoo.calling import try_call
from ..zoo.registry import entry
from ..zoo.resolving import is_model_file, load_or_build
from ..zoo.weights import require_offered
from .run_folder import fit_beside


def prepare(model, data, *, weights=None, seed=0, image_size=None, fit=None, skip_bad=False):
    """A network and a data set that fit each other, for ``fit``.

    Args:
        model: a ``.keras`` file, whose network gets the images in the size and channels that it fixes; or a named
            model, which is built for the images and classes of the data.
        data: name or path of the data set, as for ``load_dataset``.
        weights: that a named model begins with, as for ``build``; its classifier is new where the data has other
            classes.
        seed: of a named model's initial weights.
        image_size: as for ``load_dataset``, where the network does not fix it.
        fit: as for ``load_dataset``; ``None`` is what the run has that a ``.keras`` file comes from, else a squash.
        skip_bad: leave out picture files that cannot be read.

    Returns:
        ``(keras.Model, Dataset)``.

    Raises:
        UnknownName: there is no such model, file or data set.
        EdgezooError: the file, the weights or the data cannot be read, or do not fit.
    """
    if is_model_file(model):
        if weights is not None:
            raise EdgezooError(f"{model} has weights of its own; give --weights with a named model (`edgezoo list`).")
        network = load_or_build(model)
        from ..zoo.classifier import classifier

        classifier(network, model)  # before anything is said of the images
        try_call(network, model)
        dataset = load_as_trained(network, model, data, image_size=image_size, fit=fit, skip_bad=skip_bad)
        is_default = image_size is None and None in network.inputs[0].shape[1:3]
    else:
        entry(model)  # a wrong name is said before the data are read
        if weights is not None:
            require_offered(model, weights)
        dataset = load_dataset(data, image_size=image_size, fit=fit, skip_bad=skip_bad)
        import_keras().utils.set_random_seed(seed)
        fitting = {"input_shape": dataset.input_shape, "classes": len(dataset.class_names)}
        network = load_or_build(model, weights=weights, **fitting)
        is_default = image_size is None
    for words in filter(None, (size_in_words(dataset, is_default), head_in_words(network))):
        note(words)
    return network, dataset


def load_as_trained(network, path, data, *, fit=None, **options):
    """The data set for a network out of a file, with images that get their size as in the training that it comes from.

    Args:
        network: ``keras.Model``.
        path: its file; the run beside it tells how.
        data, **options: as for ``load_dataset_for``.
        fit: as for ``load_dataset``, to have it otherwise.
    """
    return load_dataset_for(network, data, fit=chosen(fit, fit_beside(path)), **options)
