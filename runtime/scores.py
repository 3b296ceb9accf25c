"""The scores of a file with one output as those of two classes."""

import numpy as np

#: Operators that hand on what they get, in another type or shape.
_IDLE = ("DEQUANTIZE", "QUANTIZE", "RESHAPE", "SQUEEZE", "CAST")


def class_scores(scores, graph):
    """Scores of all classes: of a single output there are two, as of a Keras model (``zoo.classifier``).

    Args:
        scores: float32 [n, outputs] of a ``.tflite`` file.
        graph: its ``inspection.graph.Graph``.

    Returns:
        float32 [n, classes].
    """
    if scores.shape[1] != 1:
        return scores
    return np.hstack([1 - scores if _ends_in_sigmoid(graph) else np.zeros_like(scores), scores])


def _ends_in_sigmoid(graph):
    producer = {index: operator for operator in graph.operators for index in operator.outputs}
    operator = producer.get(graph.outputs[0])
    while operator and operator.op in _IDLE:
        operator = producer.get(operator.inputs[0])
    return bool(operator) and operator.op == "LOGISTIC"
