"""What runs in tf-keras' own process: ``python -m edgezoo.zoo.legacy.child_process``."""

from pathlib import Path

import numpy as np

from ...common.child import serve
from ...common.errors import EdgezooError
from ...common.quiet import quiet_import
from ...common.text import one_line
from .source import parsed, refuse_code


class _Server:
    """Loads one model and answers for it."""

    def __call__(self, request, array):
        keras = quiet_import("tf_keras")
        try:
            match request["do"]:
                case "facts":
                    return saved_model_facts(Path(request["path"]))
                case "load":
                    self._model = keras.models.load_model(request["path"], compile=False)
                case "save_weights":
                    self._model.save_weights(request["path"])
                case "predict":
                    outputs = _flat(self._model(array, training=False))
                    return {}, np.concatenate([np.asarray(each).reshape(len(array), -1) for each in outputs], axis=1)
        except (EdgezooError, MemoryError):
            raise
        except Exception as error:  # whatever a damaged or hostile file makes TensorFlow raise
            raise EdgezooError(f"tf-keras cannot use it: {one_line(error)[:300]}") from error
        return {}


def saved_model_facts(folder):
    """What a SavedModel says of its Keras model, read without loading it.

    Returns:
        ``{"config", "keras_version"}``: the configuration as JSON text, and the version of the TensorFlow that wrote
        it, which is that of its Keras.

    Raises:
        EdgezooError: there is Python code in it.
    """
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    metadata = quiet_import("tf_keras.protobuf.saved_metadata_pb2").SavedMetadata()
    metadata.ParseFromString((folder / "keras_metadata.pb").read_bytes())
    nodes = {node.node_path: node.metadata for node in metadata.nodes}
    for text in nodes.values():  # each layer is made of its own configuration
        refuse_code(parsed(text))
    graph = SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    return {"config": nodes["root"], "keras_version": graph.meta_graphs[0].meta_info_def.tensorflow_version}


def _flat(outputs):
    if isinstance(outputs, dict):
        outputs = list(outputs.values())
    return [each for part in outputs for each in _flat(part)] if isinstance(outputs, (list, tuple)) else [outputs]


if __name__ == "__main__":
    serve(_Server())
