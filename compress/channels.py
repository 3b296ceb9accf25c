"""Which channels of a network can only be rescaled together, and which layers take scales off and put them on."""

import dataclasses

import keras
import numpy as np

from .matrices import has_kernel

#: Layers that give for a times their input a times their output, a > 0, each channel for itself.
_HOMOGENEOUS = (
    *(keras.layers.AveragePooling2D, keras.layers.MaxPooling2D, keras.layers.UpSampling2D),
    *(keras.layers.GlobalAveragePooling2D, keras.layers.GlobalMaxPooling2D),
    *(keras.layers.ZeroPadding2D, keras.layers.Cropping2D, keras.layers.Flatten, keras.layers.Reshape),
    *(keras.layers.Dropout, keras.layers.SpatialDropout2D, keras.layers.LeakyReLU, keras.layers.PReLU),
)
#: Layers whose inputs and output have the same scales.
_MERGES = (keras.layers.Add, keras.layers.Subtract, keras.layers.Average, keras.layers.Maximum, keras.layers.Minimum)
#: The number of all channels that cannot be rescaled.
FIXED = 0


@dataclasses.dataclass(frozen=True)
class Channels:
    """The channels of a network, numbered: those of one number can only be rescaled together.

    Attributes:
        count: of numbers; the first is ``FIXED``.
        tensors: ``id`` of each ``KerasTensor`` → integers [channels].
        layers: ``(layer, numbers of its input's channels, numbers of its output's)`` of each layer with a kernel.
    """

    count: int
    tensors: dict
    layers: list


def channels_of(flat):
    """The ``Channels`` of a ``zoo.flattening.Flat`` of an ``elementary`` network.

    Inputs and outputs of the network stay as they are, and so does what a layer reads and gives that is not known to
    hand scales on, such as a sigmoid or a ReLU6.
    """
    return _Walk(flat).result()


class _Walk:
    def __init__(self, flat):
        self._parents, self._tensors, self._layers = [FIXED], {}, {}
        for tensor in flat.network.inputs:
            self._fix(tensor)
        for step in flat.steps:
            self._add(step)
        for tensor in flat.network.outputs:
            self._fix(tensor)

    def result(self):
        roots = [self._root(number) for number in range(len(self._parents))]
        kept, numbers = np.unique(roots, return_inverse=True)  # FIXED is the smallest
        tensors = {key: numbers[value] for key, value in self._tensors.items()}
        layers = [(layer, numbers[taken], numbers[given]) for layer, (taken, given) in self._layers.items()]
        return Channels(len(kept), tensors, layers)

    def _add(self, step):
        layer, reads = step.operation, [self._tensors[id(tensor)] for tensor in step.reads]
        given = self._given(layer, reads, step)
        if given is not None:
            self._tensors[id(step.output)] = given
            return
        for tensor in (*step.reads, *keras.tree.flatten(step.output)):
            self._fix(tensor)

    def _given(self, layer, reads, step):
        """The numbers of a layer's output, or ``None`` where they must be ``FIXED``, and those of its inputs, too."""
        first, kind = reads[0], type(layer)
        if has_kernel(layer):
            taken, given = self._layers.setdefault(layer, (first, self._new(step.output.shape[-1])))
            self._tie(taken, first)  # in its second call
            return given
        if kind in _HOMOGENEOUS or (kind is keras.layers.ReLU and layer.max_value is None and not layer.threshold):
            width = step.output.shape[-1]
            # Flattened, all channels of one pixel lie before those of the next.
            return np.resize(first, width) if width and width % len(first) == 0 else None
        if kind in _MERGES and len({len(each) for each in reads}) == 1:
            for each in reads[1:]:
                self._tie(first, each)
            return first
        if kind is keras.layers.Concatenate and layer.axis in (-1, len(step.output.shape) - 1):
            return np.concatenate(reads)
        if kind is keras.layers.Multiply and len({len(each) for each in reads}) == 1:
            free = [each for each in reads if any(self._root(number) != FIXED for number in each)]
            return free[0] if len(free) == 1 else None  # the others are gates, such as those of squeeze-and-excite
        return None

    def _new(self, count):
        first = len(self._parents)
        self._parents.extend(range(first, first + count))
        return np.arange(first, first + count)

    def _fix(self, tensor):
        numbers = self._tensors.setdefault(id(tensor), np.full(tensor.shape[-1] or 1, FIXED))
        self._tie(numbers, np.full_like(numbers, FIXED))

    def _tie(self, numbers, others):
        for pair in zip(numbers, others, strict=True):
            one, other = sorted(map(self._root, pair))
            self._parents[other] = one

    def _root(self, number):
        while self._parents[number] != number:
            self._parents[number] = number = self._parents[self._parents[number]]
        return number
