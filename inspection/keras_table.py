"""The layer table of a Keras model."""

import collections
import dataclasses
import math

import keras
from keras import layers

from ..common.errors import EdgezooError
from ..zoo.endings import graph_of
from ..zoo.layers import BlurPooling2D, FakeQuantize
from .arithmetic import Field, is_global, peak_bytes, plane, same_padding, tidy
from .table import Row, Summary, whole_shape

_SEPARABLE = (layers.SeparableConv1D, layers.SeparableConv2D)
_TRANSPOSED = (layers.Conv1DTranspose, layers.Conv2DTranspose)
_WITH_KERNEL = (layers.Conv1D, layers.Conv2D, layers.DepthwiseConv1D, layers.DepthwiseConv2D, layers.Dense)
_ACTIVATIONS = (layers.Activation, layers.ReLU)
#: Activations that an operator applies as it writes.
_FUSED = frozenset(("linear", "relu", "relu6"))
#: Layers that hand on their input at inference, perhaps in another shape.
_IDLE = (
    *(layers.Flatten, layers.Reshape, layers.Identity, layers.ActivityRegularization),
    *(layers.Dropout, layers.AlphaDropout, layers.GaussianDropout, layers.GaussianNoise),
)
#: Layers with matrices of weights that multiply no matrices.
_ELEMENTWISE = (layers.PReLU, layers.Embedding, layers.Normalization, layers.LayerNormalization)
#: Operations of ``keras.ops``, and layers without weights, that multiply and are not counted.
_PRODUCTS = frozenset(
    (
        *("Matmul", "Dot", "Einsum", "Tensordot", "Inner", "Outer", "Attention", "AdditiveAttention"),
        *("Conv", "DepthwiseConv", "SeparableConv", "ConvTranspose"),
    )
)


@dataclasses.dataclass(frozen=True)
class _Value:
    """What is known of one ``KerasTensor`` when the walk has come to it.

    Attributes:
        spec: a ``KerasTensor`` with every side known.
        memory: number of the tensor in memory that holds it; views share one.
        folds: what the operator that wrote it can still take in: ``"normalization"``, ``"activation"``.
    """

    spec: object
    field: Field
    memory: int
    folds: frozenset = frozenset()


class _KerasWalk:
    """Goes through a functional model in order of execution, into nested models too.

    Shapes are followed along, since a nested model may have been built for any size, or be called with several.
    """

    def __init__(self, bytes_per_element):
        self.bytes_per_element = bytes_per_element
        self.rows, self.steps, self.sizes = [], [], []
        self.counted = set()

    def allocate(self, shape):
        """Number of a new tensor in memory."""
        self.sizes.append(math.prod(shape[1:]) * self.bytes_per_element)
        return len(self.sizes) - 1

    def start(self, specs):
        self.image = max((plane(spec.shape[1:-1]) for spec in specs), key=math.prod)
        return [_Value(spec, Field(), self.allocate(spec.shape)) for spec in specs]

    def run(self, model, values):
        """Values of the outputs of a model, given those of its inputs."""
        model = graph_of(model)
        nodes = [node for depth in sorted(model._nodes_by_depth, reverse=True) for node in model._nodes_by_depth[depth]]
        readers = collections.defaultdict(list)  # id of a KerasTensor → layers; the caller reads the outputs
        for node in nodes:
            for tensor in node.input_tensors:
                readers[id(tensor)].append(node.operation)
        for tensor in model.outputs:
            readers[id(tensor)].append(None)

        known = dict(zip(map(id, model.inputs), values, strict=True))
        for node in nodes:
            if node.is_input:
                continue
            inputs = [known[id(tensor)] for tensor in node.input_tensors]
            for place, tensor in enumerate(node.input_tensors):
                if len(readers[id(tensor)]) > 1:  # nothing folds into an operator whose own result is needed elsewhere
                    inputs[place] = dataclasses.replace(inputs[place], folds=frozenset())
            if graph_of(node.operation):
                outputs = self.run(node.operation, inputs)
            else:
                following = [layer for tensor in node.outputs for layer in readers[id(tensor)]]
                outputs = self.step(node.operation, inputs, _specs(node, known), following)
            known.update(zip(map(id, node.outputs), outputs, strict=True))
        return [known[id(tensor)] for tensor in model.outputs]

    def step(self, layer, inputs, specs, following):
        """Values of one layer's outputs; adds its row, and the operators that it becomes."""
        shape, window = specs[0].shape, _window(layer)
        macs = _macs(layer, inputs, shape)
        field = self.field(layer, inputs, shape)
        tensors_before = len(self.sizes)
        folds = _folded(layer, inputs, shape, following)
        if folds is None:
            memory = self.operators(layer, [value.memory for value in inputs], specs)
            folds = _open_to(layer)
        else:
            memory = [inputs[0].memory]
        self.rows.append(
            Row(
                name=layer.name,
                op=type(layer).__name__,
                output_shape=tuple(shape[1:]),
                kernel=window and window[0],
                stride=window and window[1],
                padding=window and layer.padding,
                receptive_field=tidy(field.size),
                params=_params(layer) if id(layer) not in self.counted and _weights(layer) else 0,
                macs=macs,
                activation_bytes=sum(self.sizes[tensors_before:]),
                input_size=window and plane(inputs[0].spec.shape[1:-1]),
                dilation=window and window[2],
            )
        )
        self.counted.add(id(layer))
        return [_Value(spec, field, number, folds) for spec, number in zip(specs, memory, strict=True)]

    def operators(self, layer, read, specs):
        """The operators of a layer that is not folded away, one behind the other; numbers of the output tensors."""
        shape, activation, between = specs[0].shape, _activation(layer), []
        if isinstance(layer, _SEPARABLE):
            between.append((*shape[:-1], layer.pointwise_kernel.shape[-2]))  # behind the depthwise half
        if isinstance(layer, layers.BatchNormalization):
            between.append(shape)  # MUL, ADD
        if activation not in _FUSED and not isinstance(layer, _ACTIVATIONS):
            between.append(shape)  # before the activation
        for own in between:
            written = [self.allocate(own)]
            self.steps.append((read, written))
            read = written
        if activation == "silu":
            sigmoid = self.allocate(shape)
            self.steps.append((read, [sigmoid]))
            read = [*read, sigmoid]  # x · sigmoid(x) reads x again
        written = [self.allocate(spec.shape) for spec in specs]
        self.steps.append((read, written))
        return written

    def field(self, layer, inputs, shape):
        """Receptive field of an output of this shape."""
        op, before = type(layer).__name__, inputs[0].spec.shape if inputs else ()
        field = Field.widest(value.field for value in inputs)
        if op.startswith("Global") or (isinstance(layer, layers.Dense) and len(before) == 2):
            return field.over(self.image)
        if op in ("Mean", "Max", "Min", "Sum") and is_global(before, shape):
            return field.over(self.image)
        if op in ("UpSampling2D", "Resizing", "Resize"):
            neighbours = 1 if getattr(layer, "interpolation", None) == "nearest" else 2
            return field.resized(plane(before[1:-1]), plane(shape[1:-1]), neighbours)
        window = _window(layer)
        if window is None:
            return field
        return field.through_transposed(*window) if isinstance(layer, _TRANSPOSED) else field.through(*window)


def _specs(node, known):
    """``KerasTensor`` of each output of a node, computed anew where its inputs are not what it was built with."""
    if all(known[id(tensor)].spec.shape == tensor.shape for tensor in node.input_tensors):
        return node.outputs
    args, kwargs = node.arguments.fill_in({key: value.spec for key, value in known.items()})
    try:
        return keras.tree.flatten(node.operation.compute_output_spec(*args, **kwargs))
    except ValueError as error:  # such as a window that does not fit
        shapes = [tuple(known[id(tensor)].spec.shape[1:]) for tensor in node.input_tensors]
        raise EdgezooError(
            f"layer {node.operation.name!r} does not take {', '.join(map(str, shapes))}; choose another input shape."
        ) from error


def _params(layer):
    """Weights of a layer; the ends of a range are none of the network's."""
    return 0 if _is_range(layer) else layer.count_params()


def _is_range(layer):
    return isinstance(layer, FakeQuantize)


def _weights(layer):
    return getattr(layer, "weights", ())  # a bare operation, such as that of `x + y`, has none


def _window(layer):
    """(kernel, stride, dilation) as (height, width) pairs; ``None`` for a layer without a window."""
    kernel = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
    if kernel is None or not hasattr(layer, "strides") or not hasattr(layer, "padding"):
        return None
    return plane(kernel), plane(layer.strides), plane(getattr(layer, "dilation_rate", 1))


def _activation(layer):
    """Name of the function that a layer applies to its result."""
    if isinstance(layer, layers.ReLU):
        plain = layer.max_value in (None, 6) and not layer.negative_slope and not layer.threshold
        return "relu" if plain else "bent"
    function = getattr(layer, "activation", None)
    return "linear" if function is None else getattr(function, "__name__", type(function).__name__)


def _open_to(layer):
    """What the operator of a layer can take in of those behind it."""
    if _activation(layer) != "linear":
        return frozenset()
    return frozenset(("normalization", "activation") if hasattr(layer, "kernel") else ("activation",))


def _folded(layer, inputs, shape, following):
    """What its input's operator can still take in if a layer makes no tensor of its own, ``None`` if it makes one.

    Args:
        layer: with one output, of this shape.
        inputs: its ``_Value``s.
        following: layers that read its output, ``None`` for the end of the network.
    """
    if len(inputs) != 1:
        return None
    (value,) = inputs
    activation = _activation(layer) if isinstance(layer, _ACTIVATIONS) else None
    augments = type(layer).__name__.startswith("Random") and shape == value.spec.shape
    if isinstance(layer, _IDLE) or activation == "linear" or augments:
        return value.folds
    if isinstance(layer, layers.BatchNormalization) and "normalization" in value.folds:
        return value.folds
    if isinstance(layer, FakeQuantize):  # the scale of the tensor in front, whose operator can take in no more
        return frozenset()
    if activation in _FUSED and "activation" in value.folds:
        return frozenset()
    if isinstance(layer, layers.ZeroPadding2D) and len(following) == 1:
        return value.folds if _completes(layer.padding, value.spec.shape, following[0]) else None
    return None


def _completes(padding, shape, layer):
    """Whether explicit padding and a ``"valid"`` convolution are together a ``"same"`` one."""
    if not isinstance(layer, (layers.Conv2D, layers.DepthwiseConv2D)) or layer.padding != "valid":
        return False
    return all(
        tuple(pair) == same_padding(n, kernel, stride, dilation)
        for pair, n, kernel, stride, dilation in zip(padding, shape[1:3], *_window(layer), strict=True)
    )


def _macs(layer, inputs, shape):
    """Multiply-accumulates of one image: kernel values times the positions that they are applied at."""
    if getattr(layer, "data_format", None) == "channels_first":
        raise EdgezooError(f"layer {layer.name!r} wants its channels first; only channels_last can be counted.")
    positions = math.prod(shape[1:-1])
    if isinstance(layer, _SEPARABLE):
        return positions * (math.prod(layer.depthwise_kernel.shape) + math.prod(layer.pointwise_kernel.shape))
    if isinstance(layer, _TRANSPOSED):
        return math.prod(inputs[0].spec.shape[1:-1]) * math.prod(layer.kernel.shape)
    if isinstance(layer, _WITH_KERNEL):
        return positions * math.prod(layer.kernel.shape)
    if isinstance(layer, BlurPooling2D):  # a depthwise convolution, but for the weights, which are fixed
        return positions * shape[-1] * math.prod(layer.pool_size)
    op = type(layer).__name__
    matrices = not isinstance(layer, _ELEMENTWISE) and any(len(weight.shape) > 1 for weight in _weights(layer))
    if matrices or op in _PRODUCTS:
        raise EdgezooError(f"the multiplications of layer {layer.name!r} ({op}) cannot be counted.")
    return 0


def describe_keras(model, input_shape, bytes_per_element):
    """See ``describing.describe``."""
    if not getattr(model, "inputs", None) or not graph_of(model):
        raise EdgezooError(f"{model.name} is no functional or built sequential model; its layers cannot be told.")
    if input_shape is not None and len(model.inputs) != 1:
        raise EdgezooError(f"{model.name} has {len(model.inputs)} inputs; an input shape can be given for one only.")

    def spec(tensor):
        batch, *own = tensor.shape
        return keras.KerasTensor((batch, *whole_shape(input_shape, tuple(own), model.name)), tensor.dtype)

    walk = _KerasWalk(bytes_per_element)
    inputs = walk.start([spec(tensor) for tensor in model.inputs])
    outputs = walk.run(model, inputs)
    return Summary(
        rows=tuple(walk.rows),
        params=model.count_params() - sum(each.count_params() for each in model._flatten_layers() if _is_range(each)),
        macs=sum(row.macs for row in walk.rows),
        peak_activation_bytes=peak_bytes(
            walk.steps,
            [value.memory for value in inputs],
            [value.memory for value in outputs],
            walk.sizes.__getitem__,
        ),
    )
