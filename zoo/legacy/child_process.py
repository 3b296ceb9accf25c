"""What runs in tf-keras' own process: ``python -m edgezoo.zoo.legacy.child_process``."""

import contextlib
import resource
from pathlib import Path

import numpy as np
import psutil

from ...common.child import serve
from ...common.errors import EdgezooError
from ...common.files import read_small
from ...common.quiet import quiet_import
from ...common.text import one_line
from .source import parsed, refuse_code

#: What a model may take in memory: its weights so often, and more for its graphs.
_COPIES, _OVERHEAD = 8, 1 << 31
#: Bytes of a SavedModel's graph, or of what it says of its layers; protocol buffers have no more.
_LONGEST = 1 << 31


class _Server:
    """Loads one model and answers for it."""

    def __call__(self, request, array):
        keras = quiet_import("tf_keras")
        with told_in_one_line():
            match request["do"]:
                case "facts":
                    return saved_model_facts(Path(request["path"]))
                case "load":
                    _limit_memory(_COPIES * request["weights"] + _OVERHEAD)
                    self._model = keras.models.load_model(request["path"], compile=False)
                case "save_weights":
                    self._model.save_weights(request["path"])
                case "predict":
                    outputs = _flat(self._model(array, training=False))
                    return {}, np.concatenate([np.asarray(each).reshape(len(array), -1) for each in outputs], axis=1)
        return {}


@contextlib.contextmanager
def told_in_one_line():
    """What TensorFlow raises, whatever a damaged or hostile model makes of it, as an ``EdgezooError``."""
    try:
        yield
    except (EdgezooError, MemoryError):
        raise
    except Exception as error:
        raise EdgezooError(f"tf-keras cannot use it: {one_line(error)[:300]}") from error


def saved_model_facts(folder):
    """What a SavedModel says of its Keras model, read without loading it.

    Returns:
        ``{"config", "keras_version", "shapes"}``: the configuration as JSON text, the version of the TensorFlow that
        wrote it, which is that of its Keras, and the shapes of the weights that are stored.

    Raises:
        EdgezooError: there is Python code in it.
    """
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel
    from tensorflow.train import load_checkpoint

    metadata = quiet_import("tf_keras.protobuf.saved_metadata_pb2").SavedMetadata()
    metadata.ParseFromString(read_small(folder / "keras_metadata.pb", _LONGEST))
    nodes = {node.node_path: node.metadata for node in metadata.nodes}
    for text in nodes.values():  # each layer is made of its own configuration
        refuse_code(parsed(text))
    graph = SavedModel.FromString(read_small(folder / "saved_model.pb", _LONGEST))
    version = graph.meta_graphs[0].meta_info_def.tensorflow_version
    shapes = load_checkpoint(str(folder / "variables" / "variables")).get_variable_to_shape_map().values()
    return {"config": nodes["root"], "keras_version": version, "shapes": list(shapes)}


def _limit_memory(more):
    """Lets this process have no more than so many bytes beyond what it has."""
    most, hard = resource.getrlimit(resource.RLIMIT_DATA)
    now = psutil.Process().memory_info().data + more
    resource.setrlimit(resource.RLIMIT_DATA, (now if most == resource.RLIM_INFINITY else min(now, most), hard))


def _flat(outputs):
    if isinstance(outputs, dict):
        outputs = list(outputs.values())
    return [each for part in outputs for each in _flat(part)] if isinstance(outputs, (list, tuple)) else [outputs]


if __name__ == "__main__":
    serve(_Server())
