"""What every layer makes of one image."""

import dataclasses

import numpy as np

from ..common.errors import EdgezooError
from ..runtime.quantization import dequantized
from .layers import by_name, choose, rank
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

    flat = file.plain()
    tensors = {name: step.output for name, step in by_name(flat).items() if rank(step) == 4}
    if not tensors:
        return []
    outputs = keras.Model(flat.network.inputs[0], tensors)(pixels[None].astype(np.float32), training=False)
    return [FeatureMap(name, np.asarray(outputs[name])[0].astype(np.float32)) for name in tensors]


def _of_tflite(file, pixels):
    found = []
    with file.worker(pixels.shape[:2], keep_tensors=True) as worker:
        worker.predict(pixels[None])
        for index, layer in file.layer_names.items():
            tensor = file.graph.tensors[index]
            if len(tensor.shape) != 4 or len(tensor.scale) > 1 or not file.is_whole(index):
                continue
            scale = tensor.scale[0] if tensor.scale else 0.0
            found.append(FeatureMap(layer, dequantized(tensor, worker.tensor(index))[0], scale))
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
    # The last operator of a layer puts out what the layer does.
    ours, theirs = ({each.layer: each for each in side} for side in (maps, others))
    ours, theirs = _under_names_of(theirs, ours), _under_names_of(ours, theirs)
    pairs = [
        (each, theirs[layer])
        for layer, each in ours.items()
        if layer in theirs and each.values.shape == theirs[layer].values.shape
    ]
    if not pairs:
        raise EdgezooError("the two files have no layer in common; compare two forms of one network.")
    return pairs


def _under_names_of(others, maps):
    """Layer → ``FeatureMap``, that of a layer that only one file has under the name of the one that it is a part of.

    What one file has as ``spectral_normalization`` is ``spectral_normalization/conv`` in the other.
    """
    found = {}
    for layer, each in maps.items():
        known = layer
        while known not in others and "/" in known:
            known = known.rpartition("/")[0]
        found[known if known in others else layer] = each
    return found
