"""The weights of a file into a network, layer by layer, whose classifier may be for other classes: a start."""

import contextlib
import dataclasses
import weakref

import h5py
import numpy as np
from keras.src.saving.saving_lib import safe_get_h5_dataset

from ..common.errors import EdgezooError
from ..common.files import existing_file, sha256
from ..common.progress import note
from ..common.text import one_line
from .finite import require_finite_weights
from .legacy.weights import weights_by_layer
from .loading import load_model

#: The layer that is new where the classes are others, in each family.
CLASSIFIER = "predictions"


@dataclasses.dataclass(frozen=True)
class Start:
    """Where a network's first weights came from.

    Attributes:
        weights: name of a data set, or of a file.
        sha256: of the file.
        new: names of the layers that the file has no weights for.
    """

    weights: str
    sha256: str
    new: tuple[str, ...]


_STARTS = weakref.WeakKeyDictionary()


def start_of(model):
    """The ``Start`` of a ``keras.Model``, or ``None`` where it has random weights, or those of its own file."""
    return _STARTS.get(model)


def start_from(model, path, weights=None):
    """Gives a network the weights of a file.

    Layers are found by their names, as Keras 2's ``load_weights(…, by_name=True)`` does; where the file knows none of
    the names, by their order, as Keras does otherwise. All must be there and fit but the classifier, which keeps its
    random weights if it is for other classes; a note says so. A first layer that takes gray images gets the sum of what
    the file's does with three colours, which is the same for a gray image.

    Args:
        model: ``keras.Model`` with initial weights.
        path: an ``.h5`` file of Keras 2 or 3, with or without the network, or a ``.keras`` file. Of an ``.h5`` file
            nothing but numbers of the shapes that the network needs is read.
        weights: what to call them; the file's name by default.

    Raises:
        EdgezooError: the file is missing, damaged, or of another network; the message names the first layer that does
            not fit.
    """
    path = existing_file(path)
    weights, opened = weights or path.name, _of_network if path.suffix == ".keras" else _of_hdf5
    with opened(path) as stored:
        try:
            pairs = _pairs(model, stored)
            for layer, values in pairs:
                layer.set_weights([_read(value, weight) for value, weight in zip(values, layer.weights, strict=True)])
            require_finite_weights(model)
        except Exception as error:  # whatever a damaged or hostile file makes h5py raise
            raise EdgezooError(f"{model.name} cannot start from {path}: {one_line(error).rstrip('.')}.") from error
    taken = [layer for layer, _ in pairs]
    new = [layer for layer in model.layers if layer.weights and layer not in taken]
    if new:
        words = ", ".join(f"{layer.name} ({_shapes(layer.weights)})" for layer in new)
        note(f"{model.name} starts from {weights}: {len(taken)} layers have its weights, new is {words}")
    _STARTS[model] = Start(weights, sha256(path), tuple(layer.name for layer in new))


@contextlib.contextmanager
def _of_network(path):
    """Name of each layer with weights → these, arrays or ``h5py.Dataset``, in the order of a ``.keras`` file."""
    layers = load_model(path)._flatten_layers(include_self=False, recursive=True)
    yield {layer.name: layer.get_weights() for layer in layers if layer.weights and not hasattr(layer, "layers")}


@contextlib.contextmanager
def _of_hdf5(path):
    """The same of an ``.h5`` file, with or without a network in it."""
    try:
        with h5py.File(path) as file:
            yield _of_weights_file(file) if "layers" in file else weights_by_layer(file)
    except EdgezooError:
        raise
    except Exception as error:
        raise EdgezooError(f"{path} is no .h5 or .keras file of weights, or damaged ({one_line(error)}).") from error


def _of_weights_file(file):
    """The same of a ``.weights.h5`` file of Keras 3."""
    found = {}

    def look(path, item):
        if path.endswith("/vars") and not path.startswith("optimizer") and len(item):
            if "name" not in item.attrs:
                raise EdgezooError(f"{file.filename} is of an older Keras and names no layers; give a .keras file.")
            found[str(item.attrs["name"])] = [safe_get_h5_dataset(item, str(index)) for index in range(len(item))]

    file.visititems(look)
    return found


def _pairs(model, stored):
    """``[(layer, its weights in the file)]`` of all layers, or of all but the classifier.

    Raises:
        EdgezooError: the first layer that is not there or has other shapes.
    """
    layers = [layer for layer in model.layers if layer.weights]
    body = [layer for layer in layers if not layer.name.endswith(CLASSIFIER)]
    if not {layer.name for layer in body} & set(stored):  # MobileNetV3's files have the names of TensorFlow's scopes
        stored = dict(zip([layer.name for layer in layers], stored.values(), strict=False))
    for layer in body:
        if layer.name not in stored:
            raise EdgezooError(f"it has no weights for its layer {layer.name}")
        if not _fits(layer, stored[layer.name]):
            raise EdgezooError(
                f"its layer {layer.name} has weights of {_shapes(layer.weights)}, those in the file are "
                f"{_shapes(stored[layer.name])}"
            )
    *_, last = stored.values()
    tops = [(layer, stored.get(layer.name, last)) for layer in layers if layer not in body]
    return [(layer, stored[layer.name]) for layer in body] + [pair for pair in tops if _fits(*pair)]


def _fits(layer, values):
    weights = layer.weights
    return len(values) == len(weights) and all(
        tuple(value.shape) in _forms(tuple(weight.shape)) for value, weight in zip(values, weights, strict=True)
    )


def _forms(shape):
    """The shapes of what ``_read`` makes weights of ``shape`` from."""
    forms = [shape]
    if len(shape) == 2:  # a dense layer, from a 1×1 convolution
        forms.append((1, 1, *shape))
    if len(shape) == 4 and shape[2] == 1:  # a convolution of gray images, from one of colours
        forms.append((*shape[:2], 3, shape[3]))
    return forms


def _read(value, weight):
    """An array or ``h5py.Dataset`` as the array for a weight."""
    if "float" in weight.dtype and value.dtype.kind != "f":
        raise EdgezooError(f"it has {value.dtype} where {weight.path} is {weight.dtype}")
    array, shape = np.asarray(value), tuple(weight.shape)
    return array.sum(axis=2, keepdims=True) if len(shape) == 4 and array.shape != shape else array.reshape(shape)


def _shapes(weights):
    return " and ".join(dict.fromkeys(str(list(each.shape)) for each in weights))
