"""What an HDF5 file claims of its weights, held against a network before any of them is read."""

import collections
import io
import math
import zipfile

import h5py

from ..common.errors import EdgezooError
from ..common.text import one_line
from .building import bytes_of
from .legacy.source import member

#: Weights that a network may have beside those in the file: states of random generators, tables that a layer makes.
_UNSTORED_BYTES = 1 << 25
#: What Keras may read before it says that it does not fit, which it does best: it names the layer.
_HARMLESS_BYTES = 1 << 20
#: How often the state of an optimizer may hold the weights again, and what else is in an HDF5 file.
_COPIES, _OVERHEAD = 8, 1 << 26
_KINDS = {"f": "float", "c": "complex", "i": "int", "u": "int", "b": "bool", "S": "text", "U": "text", "O": "text"}


def require_fitting(group, model):
    """Refuses weights of a shape or of a type that the network has nowhere.

    Keras casts whatever it reads, text and complex numbers too, and reads the whole of it before it looks at the shape.

    Args:
        group: ``h5py.Group`` of all that may be read into the network.
        model: ``keras.Model``, which need not have values yet.

    Raises:
        EdgezooError: half a sentence that names the weights.
    """
    wanted = collections.defaultdict(set)
    for variable in model.variables:
        wanted[tuple(variable.shape)].add(_kind_of_variable(variable.dtype))
    stored = set()

    def look(name, item):
        # The state of an optimizer and what else no layer has is never read.
        if not isinstance(item, h5py.Dataset) or name.startswith("optimizer"):
            return
        kind, shape = _kind_of_dataset(item), item.shape
        if shape not in wanted and item.nbytes > _HARMLESS_BYTES:
            raise EdgezooError(f"its weights {name!r} are {list(shape)}, a shape that no layer of its network has")
        if shape in wanted and kind not in wanted[shape]:
            expected = " or ".join(sorted(wanted[shape]))
            raise EdgezooError(f"its weights {name!r} are stored as {kind} ({item.dtype}), where {expected} belongs")
        stored.add(shape)

    group.visititems(look)
    require_stored(model, stored)


def require_stored(model, stored):
    """Refuses a network with large weights of a shape that nothing in its file has.

    Args:
        model: ``keras.Model``, which need not have values yet.
        stored: the shapes, tuples, that its file has.

    Raises:
        EdgezooError: half a sentence that names the weights.
    """
    missing = [variable for variable in model.variables if tuple(variable.shape) not in stored]
    if bytes_of(missing) > _UNSTORED_BYTES:
        largest = max(missing, key=lambda variable: math.prod(variable.shape))
        raise EdgezooError(
            f"its network has weights {largest.path!r} of {list(largest.shape)}, {bytes_of([largest]) / 1e9:.1f} GB, "
            "which are not in the file"
        )


def fitting_hdf5(path):
    """``require_fitting`` of an ``.h5`` file, as a function of the network."""

    def check(model):
        with h5py.File(path) as file:
            require_fitting(file, model)

    return check


def fitting_archive(path):
    """The same of a ``.keras`` file."""

    def check(model):
        with zipfile.ZipFile(path) as archive:
            archived_weights(archive, model)

    return check


def archived_weights(archive, model):
    """The HDF5 file in a ``.keras`` file, if it is of a size that the network can need, and fits it.

    Args:
        archive: ``zipfile.ZipFile``.
        model: as for ``require_fitting``.

    Returns:
        ``io.BytesIO``.

    Raises:
        EdgezooError: it is not, is not there, or is no HDF5 file; half a sentence.
    """
    content = io.BytesIO(member(archive, "model.weights.h5", _COPIES * bytes_of(model.variables) + _OVERHEAD))
    try:
        with h5py.File(content) as file:
            require_fitting(file, model)
    except (OSError, RuntimeError) as error:
        raise EdgezooError(f"its model.weights.h5 is damaged: {one_line(error)}") from error
    return content


def _kind_of_dataset(item):
    if item.attrs.get("dtype") == "bfloat16":
        return "float"
    return _KINDS.get(item.dtype.kind, "something else")


def _kind_of_variable(dtype):
    return next((kind for kind in ("float", "int", "bool", "complex") if kind in dtype), dtype)
