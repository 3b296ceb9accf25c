"""What every layer makes of one image."""

import dataclasses

import numpy as np

from ..common.errors import EdgezooError
from .layers import choose
from .model_file import KerasFile


@dataclasses.dataclass(frozen=True)
class FeatureMap:
    """The feature maps of one layer for one image.

    Attributes:
        layer: name of the layer.
        values: float32 [H, W, C], dequantized.
        scale: quantization step of an int8 tensor; 0 where values are floats.
    """

    layer: str
    values: np.ndarray
    scale: float = 0.0


def feature_maps(file, pixels, pattern="*"):
    """The feature maps of a network for one image, in order of execution, of a ``.keras`` file branch by branch.

    Args:
        file: ``KerasFile`` or ``TFLiteFile``; the latter keeps all its tensors in memory.
        pixels: uint8 [H, W, C].
        pattern: shell pattern of layers' names.

    Returns:
        List of ``FeatureMap``; a converter fuses layers, so a ``.tflite`` file has fewer.

    Raises:
        EdgezooError: nothing fits the pattern, or the network has no feature maps at all.
    """
    found = _of_keras(file, pixels) if isinstance(file, KerasFile) else _of_tflite(file, pixels)
    if not found:
        raise EdgezooError(f"{file.path} has no feature maps: no layer puts out [H, W, C].")
    names = set(choose([each.layer for each in found], pattern, "feature maps"))
    return [each for each in found if each.layer in names]


def _of_keras(file, pixels):
    import keras

    tensors = {
        layer.name: layer.output
        for layer in _branch_by_branch(file.model)
        if isinstance(layer, keras.layers.Layer)
        and not isinstance(layer, keras.layers.InputLayer)
        and not isinstance(layer.output, (list, tuple, dict))
        and len(layer.output.shape) == 4
    }
    if not tensors:
        return []
    outputs = keras.Model(file.model.inputs[0], tensors)(pixels[None].astype(np.float32), training=False)
    return [FeatureMap(name, np.asarray(outputs[name], np.float32)[0]) for name in tensors]


def _branch_by_branch(model):
    """The operations of a model such that each stands behind what it reads, at once where it can.

    Keras' own order goes by the distance from the output, in which the members of an ensemble alternate.
    """
    import keras

    from ..zoo.surgery import operations_of

    def reads(operation):
        is_input = isinstance(operation, keras.layers.InputLayer)
        return set() if is_input else set(map(id, keras.tree.flatten(operation.input)))

    left = [(operation, reads(operation)) for operation in operations_of(model)]
    order, made, newest = [], set(), set()
    while left:
        ready = [each for each in left if each[1] <= made] or left[:1]
        chosen = next((each for each in ready if each[1] & newest), ready[0])
        left.remove(chosen)
        order.append(chosen[0])
        newest = set(map(id, keras.tree.flatten(chosen[0].output)))
        made |= newest
    return order


def _of_tflite(file, pixels):
    found = []
    with file.worker(pixels.shape[:2], keep_tensors=True) as worker:
        worker.predict(pixels[None])
        for index, layer in file.layer_names.items():
            tensor = file.graph.tensors[index]
            if len(tensor.shape) != 4 or len(tensor.scale) > 1 or not file.is_whole(index):
                continue
            scale = tensor.scale[0] if tensor.scale else 0.0
            found.append(FeatureMap(layer, file.dequantized(index, worker.tensor(index))[0], scale))
    return found


def stages(maps, image_shape):
    """The last of each run of feature maps of one shape, those of the image's own left out: what stages end with."""
    ends = [
        each
        for each, following in zip(maps, [*maps[1:], None], strict=True)
        if following is None or following.values.shape != each.values.shape
    ]
    return [each for each in ends if each.values.shape != image_shape] or ends


def maps_of_stages(file, pixels, pattern=None):
    """The feature maps that stages end with; with a pattern those of the layers that fit it, as ``feature_maps``."""
    maps = feature_maps(file, pixels, pattern or "*")
    return maps if pattern else stages(maps, pixels.shape)


def pairs_of_stages(file, other, pixels, pattern=None):
    """The same of two forms of one network: the pairs of ``matching`` that stages end with, or that fit a pattern."""
    pairs = matching(feature_maps(file, pixels), feature_maps(other, pixels))
    if pattern:
        names = choose([one.layer for one, _ in pairs], pattern, "feature maps in both files")
    else:
        names = [end.layer for end in stages([one for one, _ in pairs], pixels.shape)]
    return [pair for pair in pairs if pair[0].layer in names]


def matching(maps, others):
    """Pairs of the same layer's feature maps in two forms of one network, such as float and int8.

    Args:
        maps, others: lists of ``FeatureMap``, of ``.keras`` or ``.tflite`` files alike.

    Returns:
        List of pairs, in the order of ``maps``.

    Raises:
        EdgezooError: no layer is in both.
    """
    by_layer = {each.layer: each for each in others}  # the last operator of a layer puts out what the layer does
    pairs = [
        (each, by_layer[each.layer])
        for each in {each.layer: each for each in maps}.values()
        if each.layer in by_layer and each.values.shape == by_layer[each.layer].values.shape
    ]
    if not pairs:
        raise EdgezooError("the two files have no layer in common; compare two forms of one network.")
    return pairs
