"""A network of Keras 3 as a plan for its twin in Keras 2: layers and their calls, plain JSON."""

import dataclasses
import re

import keras

from ..common.errors import EdgezooError
from ..zoo.classifier import require_channels_last
from ..zoo.endings import graph_of
from ..zoo.flattening import flattened
from .operations import operation_parts
from .translations import NoTwin, parts_of

#: What can be done with a model that has no twin.
_REMEDY = "`edgezoo export --quantize int8` quantizes it without training"


@dataclasses.dataclass(frozen=True)
class Plan:
    """What ``building.build`` makes a twin of.

    Attributes:
        document: ``{"name", "inputs", "layers", "calls", "outputs"}``, JSON-able. Inputs have a name and a shape
            without the batch; layers a name, a class and arguments of Keras 2, and their weights' names in Keras 3.
            Tensors are numbers: first the inputs, then what each call makes. A call has a layer and the tensors that it
            reads.
        sources: name of each layer that has weights of the original → its path there, ``"backbone/conv_1"``.
        constants: name of each layer that has fixed weights → ``{name: ndarray}``.
    """

    document: dict
    sources: dict
    constants: dict


def plan_of(model):
    """The ``Plan`` of a model.

    Args:
        model: functional or sequential ``keras.Model``, built; models in it are unfolded.

    Raises:
        EdgezooError: it is another, or has a layer that Keras 2 has nothing for; the message names it.
    """
    graph = graph_of(model)
    if graph is None:
        raise EdgezooError(
            f"{model.name} cannot be compressed: it is no functional or sequential model whose input is known, so its "
            f"layers cannot be read; build it as keras.Model(inputs, outputs). Otherwise, {_REMEDY}."
        )
    require_channels_last(model, model.name)
    try:
        parts = dict(_layer_parts(graph, ""))
        return _Planning(flattened(model, policy="float32"), parts).plan()
    except NoTwin as error:
        raise EdgezooError(f"{model.name} cannot be compressed: its layer {error}. Otherwise, {_REMEDY}.") from error


def layer_at(model, path):
    """The layer of a model at a path through nested models, ``"backbone/conv_1"``."""
    for name in path.split("/"):
        model = model.get_layer(name)
    return model


def _layer_parts(graph, path):
    """Pairs of each layer's path and its ``Part`` objects; this comes before anything of the model is copied."""
    for operation in graph.operations:
        place, nested = f"{path}{operation.name}", graph_of(operation)
        if nested is not None:
            yield from _layer_parts(nested, f"{place}/")
        elif isinstance(operation, keras.Layer) and not isinstance(operation, keras.layers.InputLayer):
            try:
                _require_float32(operation)
                yield place, parts_of(operation, operation._inbound_nodes[0].input_tensors[0].shape)
            except NoTwin as error:
                raise NoTwin(f"{place!r}, a {type(operation).__name__}, {error}") from error


def _require_float32(layer):
    if isinstance(layer.dtype_policy, keras.dtype_policies.QuantizedDTypePolicy):
        raise NoTwin("is quantized already; give the model as it was trained")
    if layer.variable_dtype != "float32":
        raise NoTwin(f"has weights in {layer.variable_dtype}; train it in float32")


class _Planning:
    def __init__(self, flat, parts):
        self._flat, self._parts = flat, parts
        self._layers, self._calls, self._sources, self._constants = [], [], {}, {}
        self._taken, self._made = set(), {}
        inputs = flat.network.inputs
        self._numbers = {id(tensor): number for number, tensor in enumerate(inputs)}
        self._inputs = [{"name": self._free_name(each.name), "shape": each.shape[1:]} for each in inputs]
        # First of all, so that what stands behind a layer takes no other's name.
        operations = {id(step.operation): step.operation for step in flat.steps}
        self._names = {key: self._free_name(operation.name) for key, operation in operations.items()}

    def plan(self):
        for step in self._flat.steps:
            try:
                tensors, parts = self._call(step)
            except NoTwin as error:
                raise NoTwin(f"{step.path!r}, a {type(step.operation).__name__}, {error}") from error
            self._add(step, tensors, parts)
        document = {
            "name": self._free_name(self._flat.network.name),
            "inputs": self._inputs,
            "layers": self._layers,
            "calls": self._calls,
            "outputs": [self._numbers[id(tensor)] for tensor in self._flat.network.outputs],
        }
        return Plan(document, self._sources, self._constants)

    def _call(self, step):
        """What a step reads, and the layers for it."""
        operation, args, kwargs = step.operation, step.node.arguments.args, step.node.arguments.kwargs
        if not isinstance(operation, keras.Layer):
            return operation_parts(operation, args, kwargs)
        tensors = keras.tree.flatten(args)
        # In Keras 3, whether a model is called for training decides for all of its layers, whatever their calls say.
        kwargs = {name: value for name, value in kwargs.items() if value is not None and name != "training"}
        if kwargs or not all(isinstance(tensor, keras.KerasTensor) for tensor in tensors):
            raise NoTwin(f"is called with {', '.join(kwargs) or 'constants'}; call it with tensors alone")
        return tensors, self._parts[step.path]

    def _add(self, step, tensors, parts):
        """Adds the layers of a step, unless they are there already, and the call of each."""
        if id(step.operation) not in self._made:
            self._made[id(step.operation)] = [self._enter(step, place, part) for place, part in enumerate(parts)]
        reads = [self._numbers[id(tensor)] for tensor in tensors]
        for name, part in zip(self._made[id(step.operation)], parts, strict=True):
            self._calls.append({"layer": name, "reads": reads[: part.reads]})
            left = [] if part.reads is None else reads[part.reads :]
            reads = [len(self._inputs) + len(self._calls) - 1, *left]
        self._numbers[id(step.output)] = reads[0]

    def _enter(self, step, place, part):
        """Adds a layer; its name."""
        name = self._names[id(step.operation)]
        if place:
            name = self._free_name(f"{name}_{part.config.get('activation', part.class_name).lower()}")
        weights = [weight.name for weight in getattr(step.operation, "weights", ())]
        if place or part.keeps is not None:
            weights = [weight for weight in weights if weight in (part.keeps or ())]
        if weights:
            self._sources[name] = step.path
        if part.constants:
            self._constants[name], weights = part.constants, list(part.constants)
        self._layers.append({"name": name, "class_name": part.class_name, "config": part.config, "weights": weights})
        return name

    def _free_name(self, name):
        """``name`` in the letters that TensorFlow allows, and not taken."""
        name = re.sub(r"[^A-Za-z0-9_.>-]", "_", name)
        name = name if re.match(r"[A-Za-z0-9.]", name) else f"layer{name}"
        free, number = name, 1
        while free in self._taken:
            free, number = f"{name}_{number}", number + 1
        self._taken.add(free)
        return free
