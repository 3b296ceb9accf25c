"""A copy of a network as one flat graph: nested models give way to what they are made of."""

import dataclasses

import keras

from .copying import copied, set_weights
from .endings import graph_of, last_operation


@dataclasses.dataclass(frozen=True)
class Step:
    """One call of a layer or bare operation of a flat copy.

    Attributes:
        path: its name in the original, behind those of the models that it is nested in: ``"backbone/conv_1"``.
        operation: the copy's layer or operation.
        output: ``KerasTensor`` of the copy, or a structure of several.
    """

    path: str
    operation: keras.Operation
    output: object

    @property
    def node(self):
        """Keras' record of the call."""
        _, node_index, _ = keras.tree.flatten(self.output)[0]._keras_history
        return self.operation._inbound_nodes[node_index]

    @property
    def reads(self):
        """The ``KerasTensor`` objects that it works on."""
        return self.node.input_tensors

    def run(self, values, operation=None):
        """Calls the operation, or another in its place, on values instead of ``KerasTensor`` objects.

        Args:
            values: dict of values by the ``id`` of the ``KerasTensor`` that they stand for; the results are added.
            operation: function of the same arguments; ``None`` for its own.
        """
        args, kwargs = self.node.arguments.fill_in(values)
        results = (operation or self.operation)(*args, **kwargs)
        values.update(zip(map(id, keras.tree.flatten(self.output)), keras.tree.flatten(results), strict=True))


@dataclasses.dataclass(frozen=True)
class Flat:
    """A flat copy.

    Attributes:
        network: functional ``keras.Model`` with the original's structure of outputs.
        steps: ``Step`` of every call that the outputs depend on, in order of execution; inputs are none.
    """

    network: keras.Model
    steps: tuple[Step, ...]


def flattened(model, *, inputs=None, front=None, logits=False, policy=None, prefix=""):
    """A copy for inference with the same weights, in which no model is nested.

    Inputs are float32 with an open batch, whatever type and batch the original declares. A layer that is called twice
    stays one layer.

    Args:
        model: functional or sequential ``keras.Model``, built.
        inputs: list of ``KerasTensor`` that the copy works on; ``None`` for new inputs.
        front: layer of no weights that the copy's one input goes through first; it is the first step.
        logits: leave out a softmax or sigmoid at the end. Gradients of a probability near 1 vanish; those of its logit
            do not.
        policy: dtype policy of the copy's layers and weights, such as ``"float32"``; ``None`` leaves each its own.
        prefix: of the copy's layers' names.

    Returns:
        ``Flat``.
    """
    graph, walk = graph_of(model), _Walk(last_operation(model) if logits else None, policy, prefix)
    if inputs is None:
        inputs = [keras.Input(tensor.shape[1:], dtype="float32", name=tensor.name) for tensor in graph.inputs]
    tensors = inputs
    if front is not None:
        tensors = [front(*inputs)]
        walk.steps.append(Step(front.name, front, *tensors))
    outputs = walk.run(graph, tensors, "")
    for original, copy in walk.copies.values():
        if getattr(original, "weights", ()):
            set_weights(copy, original.get_weights())
    network = keras.Model(inputs if len(inputs) > 1 else inputs[0], outputs, name=model.name)
    answering = {id(node) for nodes in network._nodes_by_depth.values() for node in nodes}
    return Flat(network, tuple(step for step in walk.steps if id(step.node) in answering))


class _Walk:
    """Calls copies of all operations in order of execution."""

    def __init__(self, ending, policy, prefix):
        self.ending, self.policy, self.prefix = ending, policy, prefix
        self.copies, self.names, self.steps = {}, set(), []

    def run(self, graph, inputs, path):
        """What a graph makes of inputs; ``path`` stands in front of its operations' names."""

        def call(operation, *args, **kwargs):
            place = f"{path}{operation.name}"
            nested = graph_of(operation)
            if nested is not None:
                tensors = keras.tree.flatten(args[0] if args else kwargs["inputs"])
                return self.run(nested, tensors, f"{place}/")
            copy = self.copy(operation, place)
            # What stands in for an activation takes the tensor and no more, such as the mask of a Softmax.
            output = copy(*args) if operation is self.ending else copy(*args, **kwargs)
            self.steps.append(Step(place, copy, output))
            return output

        return graph._run_through_graph(inputs, call_fn=call)

    def copy(self, operation, path):
        """The copy of a layer or operation, the same one at each of its calls."""
        if id(operation) not in self.copies:
            name = self.free_name(f"{self.prefix}{path.replace('/', '_')}")
            self.copies[id(operation)] = operation, self.made(operation, name)
        return self.copies[id(operation)][1]

    def made(self, operation, name):
        copy = copied(operation, self.policy, keep_activation=operation is not self.ending)
        copy.name = name  # not by its configuration: not every class of a user takes a name
        return copy

    def free_name(self, name):
        free, number = name, 1
        while free in self.names:
            free, number = f"{name}_{number}", number + 1
        self.names.add(free)
        return free
