"""Which operators of a float file the layers of a Keras model became, and which of them patterns choose."""

import dataclasses
import fnmatch

from ..common.errors import EdgezooError, UnknownName
from ..inspection.graph import read_graph
from .converter import convert_all
from .diagnosis import layers_around
from .freezing import signature_names


def layers_of_operators(graph, model):
    """The layers that each operator holds; several where the converter has fused them.

    Args:
        graph: ``inspection.graph.Graph`` of the float file.
        model: ``keras.Model`` that it was made from.

    Returns:
        A list for each operator, in file order, of paths: tuples of layers, the outermost first.
    """
    ends = dict(zip(signature_names(model)[1], model.outputs, strict=True))
    outputs = {
        index: ends[name]._keras_history.operation
        for signature in graph.signatures.values()
        for name, index in signature["outputs"].items()
        if name in ends
    }
    return [_layers_of(operator, graph, model, outputs) for operator in graph.operators]


def _layers_of(operator, graph, model, outputs):
    paths = _paths(graph.name_of(operator), model)
    for index in operator.inputs if not paths else ():
        # A tensor that leaves the graph has lost its name; constants may be those of another layer, too, if equal.
        if index >= 0 and graph.tensors[index].is_constant:
            paths += _paths(graph.tensors[index].name, model)
    if not paths and operator.outputs and operator.outputs[0] in outputs:
        paths = [(outputs[operator.outputs[0]],)]
    return paths


def _paths(name, model):
    """Of what stands in the name of a tensor: nodes of TensorFlow's graph, those of fused operators behind ``;``."""
    found = (layers_around(node, model) for node in name.split(";"))
    return list(dict.fromkeys(path for path in found if path))


def choices_of(patterns, graph, model):
    """What patterns of layers choose, by operator.

    Args:
        patterns: pairs (pattern, precision). A pattern is a layer's name, or the path of a layer in another
            (``backbone/conv_1``), in which ``*``, ``?`` and ``[…]`` stand for anything; all that is inside of such a
            layer is chosen. A later pattern overrides an earlier one.
        graph, model: as for ``layers_of_operators``.

    Returns:
        dict, name of the first tensor that an operator writes → precision.

    Raises:
        EdgezooError: no operator of the file is of such a layer.
        UnknownName: there is no such layer.
    """
    operators = [
        (graph.name_of(operator), {name for path in paths for name in _names(path)})
        for operator, paths in zip(graph.operators, layers_of_operators(graph, model), strict=True)
    ]
    choices = {}
    for pattern, precision in patterns:
        chosen = [tensor for tensor, names in operators if fnmatch.filter(names, pattern)]
        if not chosen:
            _explain(pattern, model)
        choices.update(dict.fromkeys(chosen, precision))
    return choices


def with_operators(jobs, model):
    """Puts operators in the place of layers, for which the float file is converted first.

    Args:
        jobs: ``Job`` of each file; the ``choices`` of mixed ones are patterns of layers.
        model: ``keras.Model`` that they are made from.

    Returns:
        dict, each job → the one that is ready; where there is no float file, which the trials will tell, without
        choices.

    Raises:
        EdgezooError, UnknownName: as ``choices_of``.
    """
    floats = {
        job.saved_model: dataclasses.replace(
            job, scheme="float32", io="float32", calibration=None, choices=(), output=f"{job.saved_model}.tflite"
        )
        for job in jobs
        if job.choices
    }
    graphs = {job.saved_model: read_graph(job.output) for job, error in convert_all(floats.values()) if not error}

    def ready(job):
        known = job.choices and job.saved_model in graphs
        chosen = choices_of(job.choices, graphs[job.saved_model], model) if known else {}
        return dataclasses.replace(job, choices=tuple(chosen.items()))

    return {job: ready(job) for job in jobs}


def stayed_float(job):
    """Sentences for the user about operators of a mixed file that are float32, and were not chosen to be."""
    graph, choices = read_graph(job.output), dict(job.choices)
    left = [
        operator.op
        for operator in graph.operators
        if operator.op not in ("QUANTIZE", "DEQUANTIZE")
        and choices.get(graph.name_of(operator), job.precision) in ("int8", "int16x8")
        and any(graph.tensors[index].dtype == "float32" for index in operator.outputs)
    ]
    if not left:
        return []
    kinds = ", ".join(dict.fromkeys(left))
    return [f"{len(left)} operators stayed float32, which ai-edge-quantizer has no integer form of: {kinds}."]


def require_layers(patterns, model):
    """Raises ``UnknownName`` for the first of some patterns, as of ``choices_of``, that no layer of a model has."""
    known = set(_all_names(model))
    for pattern, _ in patterns:
        if not fnmatch.filter(known, pattern):
            raise UnknownName("layer", pattern, sorted(known), "`edgezoo describe FILE` shows them")


def _explain(pattern, model):
    require_layers([(pattern, None)], model)
    raise EdgezooError(
        f"layer {pattern!r} has no operator in the file, where it is folded into others or away; choose another one."
    )


def _names(path):
    """Of a layer in others: each of their names, and their paths."""
    names = [layer.name for layer in path]
    return {*names, *("/".join(names[: end + 1]) for end in range(len(names)))}


def _all_names(model, above=()):
    for layer in model.layers:
        yield from _names((*above, layer))
        if getattr(layer, "layers", None):
            yield from _all_names(layer, (*above, layer))
