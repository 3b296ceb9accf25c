"""One operator instance as Vela's rules speak of it: its feature maps, weights, bias, kernel."""

import functools

#: Places of the inputs that are feature maps, for operators where that is not the first input alone; ``None`` is all.
_FEATURE_MAPS = {
    **dict.fromkeys(("SPLIT", "SCATTER_ND"), (1,)),
    "TRANSPOSE_CONV": (2,),
    **dict.fromkeys(("BATCH_MATMUL", "CONCATENATION", "GATHER", "PACK", "PRELU", "SELECT", "SELECT_V2"), None),
    **dict.fromkeys(("ADD", "SUB", "MUL", "DIV", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE"), None),
    **dict.fromkeys(("EQUAL", "NOT_EQUAL", "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL"), None),
    **dict.fromkeys(("LOGICAL_AND", "LOGICAL_OR"), None),
}
#: Those with weights, and which of their inputs the bias is.
_BIAS = {"CONV_2D": 2, "DEPTHWISE_CONV_2D": 2, "FULLY_CONNECTED": 2, "TRANSPOSE_CONV": 3}


class Instance:
    """One operator of a graph.

    Args:
        graph, operator: of ``inspection.graph``.

    Attributes:
        op: its name.
        options: the schema's options.
        inputs: its input tensors, ``None`` for one that is absent.
        ifms, ofms: feature maps that go in and come out.
    """

    def __init__(self, graph, operator):
        self._graph = graph
        self.op, self.options = operator.op, operator.options
        self.inputs = [graph.tensors[index] if index >= 0 else None for index in operator.inputs]
        places = _FEATURE_MAPS.get(self.op, (0,))
        chosen = self.inputs if places is None else [self.input(place) for place in places]
        self.ifms = [tensor for tensor in chosen if tensor]
        self.ofms = [graph.tensors[index] for index in operator.outputs if index >= 0]

    def input(self, place):
        """Input tensor at a place, or ``None``."""
        return self.inputs[place] if place < len(self.inputs) else None

    def values(self, place):
        """Values of a constant input, or ``None``."""
        tensor = self.input(place)
        return tensor and self._graph.data(tensor.index)

    @property
    def ifm(self):
        """The first feature map that goes in, or ``None``."""
        return self.ifms[0] if self.ifms else None

    @property
    def ofm(self):
        """The first feature map that comes out, or ``None``."""
        return self.ofms[0] if self.ofms else None

    @property
    def feature_maps(self):
        """All of them."""
        return [*self.ifms, *self.ofms]

    @property
    def weights(self):
        """Tensor of weights, or ``None``."""
        return self.input(1) if self.op in _BIAS else None

    @property
    def bias(self):
        """Tensor of the bias, or ``None``."""
        return self.input(_BIAS[self.op]) if self.op in _BIAS else None

    @property
    def parameters(self):
        """Inputs that are no feature maps."""
        return [tensor for tensor in self.inputs if tensor and tensor not in self.ifms]

    @property
    def kernel(self):
        """(height, width) of the window."""
        if self.weights:
            return self.weights.shape[1:3]
        return self.options.get("filterHeight", 1), self.options.get("filterWidth", 1)

    @property
    def stride(self):
        """(height, width) of the stride."""
        return self.options.get("strideH", 1), self.options.get("strideW", 1)

    @property
    def dilated(self):
        """Whether the window has holes."""
        return max(self.options.get("dilationHFactor", 1), self.options.get("dilationWFactor", 1)) > 1

    @property
    def pads(self):
        """Whether the window may reach over the edge."""
        return self.options.get("padding") != "VALID"

    @functools.cached_property
    def reduced(self):
        """The reduced axes' places in ``shape4d(ifm)``; ``None`` where they are not in the file."""
        axes = self.values(1)
        rank = len(self.ifm.shape)
        return None if axes is None else {int(axis) % rank + max(0, 4 - rank) for axis in axes.reshape(-1)}


def shape4d(tensor):
    """A tensor's shape with ones in front, so that the last three are height, width and depth."""
    return (1,) * (4 - len(tensor.shape)) + tensor.shape
