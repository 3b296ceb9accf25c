"""Which layer of the Keras model it was, where a conversion failed."""

import re

from .converter_messages import BUILT_IN


def cause_of(error, model, graph=None):
    """The one line that the user needs of a failed conversion.

    Args:
        error: ``EdgezooError`` of ``converter.convert_all``.
        model: the Keras model, whose layers the operators are traced back to.
        graph: ``inspection.graph.Graph`` of the model as a float file, which tells where an operator is when the
            converter does not.
    """
    return unsupported_layers(error, model, graph) or str(error)[:300].rstrip(".")


def unsupported_layers(error, model, graph=None):
    """Which layers have operators that the file cannot hold, or ``None`` if the conversion failed for another reason.

    Arguments as for ``cause_of``.
    """
    if not error.details:
        return None
    operators = [pair for operator, node in error.details["operators"] for pair in _places(operator, node, graph)]
    if not operators:
        return None
    where = by_layer(operators, model)
    if error.details["lacking"] == BUILT_IN:
        return f"{where}, which LiteRT's built-in operators lack; replace it"
    if _has_ranges(model):
        return f"{where}, which stays in floats: it has no integer form, or no range was trained on both of its sides"
    return f"{where}, which has no such integer form in LiteRT; replace it"


def _has_ranges(model):
    from ..compress.ranges import has_ranges

    return has_ranges(model)


def _places(operator, node, graph):
    """Pairs (operator, node) for one that the converter names with its node, or without."""
    if node is not None:
        return [(operator, node)]
    found = [each for each in (graph.operators if graph else ()) if each.op == operator]
    return [(operator, graph.tensors[each.outputs[0]].name) for each in found]


def by_layer(nodes, model):
    """``layer 'a' (Dense) uses Erfinv, layer 'b' …`` for pairs (operator, path of the node in the graph)."""
    uses = {}
    for operator, node in nodes:
        layer = layer_of(node, model)
        where = f"layer {layer.name!r} ({type(layer).__name__})" if layer else f"the model (at {node})"
        uses.setdefault(where, []).append(operator)
    return ", ".join(f"{where} uses {' and '.join(dict.fromkeys(operators))}" for where, operators in uses.items())


def layer_of(node, model):
    """The innermost layer that a node of the graph belongs to, or ``None``; arguments as for ``layers_around``."""
    return next(reversed(layers_around(node, model)), None)


def layers_around(node, model):
    """The layers that a node of the graph lies in, the outermost first.

    Layers open a name scope. Keras enters each twice (to build and to call), so TensorFlow appends a number to the
    second: the layer ``dense_1`` is found under ``dense_1_1``.

    Args:
        node: path such as ``"functional_1/block_1/conv2d_1/Conv2D"``, or the name of a packed file's tensor.
        model: the Keras model that the graph was traced from.

    Returns:
        Tuple of layers.
    """
    found, inside, own = [], model, node.partition(";")[0]
    is_packed = own.endswith("/")
    for scope in (re.sub(r"(:\d+)?/$", "", own) if is_packed else node).split("/"):
        layers = {layer.name: layer for layer in getattr(inside, "layers", ())}
        layer = layers.get(scope if is_packed else re.sub(r"_\d+$", "", scope)) or layers.get(scope)
        if layer is not None:
            inside = layer
            found.append(layer)
    return tuple(found)
