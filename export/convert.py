"""What runs in the converter's own process: ``python -m edgezoo.export.convert``.

The first line on stdin is a JSON list of jobs (``jobs.Job`` as dicts); for each, one line comes back on stdout:
``{"error": null}`` or ``{"error": "message"}``. Stdin then stays open for as long as the parent lives.
"""

import json
import os
import sys
import threading
from pathlib import Path

import numpy as np

from ..common.errors import EdgezooError
from ..common.quiet import quiet_stderr
from ..inspection.graph import read_graph
from .schemes import SCHEMES

#: Sides in pixels that a file of any size is tried at, until one is large enough for it.
_SIDES = (32, 64, 128, 256, 512)


def main():
    replies = _claim_stdout()
    jobs = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    for job in jobs:
        error = None
        try:
            convert(**job)
        except MemoryError:
            error = "there is not enough memory"
        except Exception as raised:  # the converter raises whatever its parts raise; the parent makes a line of it
            error = str(raised) or type(raised).__name__
        print(json.dumps({"error": error}), file=replies, flush=True)


def _claim_stdout():
    """A stream to the parent that nobody else writes to; what libraries print goes to stderr."""
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return replies


def _end_with_parent():
    sys.stdin.read()
    os._exit(1)


def convert(saved_model, scheme, io, calibration, output):
    """Converts and verifies one file.

    Args:
        saved_model: folder written by ``freezing.save_frozen``.
        scheme: key of ``SCHEMES``.
        io: type of an int8 file's input and output.
        calibration: ``.npy`` file, uint8 [n, H, W, C]; ``None`` where activations stay float.
        output: ``.tflite`` file to write.
    """

    def representative():
        for image in full_range(np.load(calibration, allow_pickle=False)):
            yield {"image": image[None].astype(np.float32)}

    scheme = SCHEMES[scheme]
    content = scheme.converter(saved_model, io, representative).convert()
    verify(content, scheme, io)
    Path(output).write_bytes(content)


def full_range(images):
    """The calibration images, with pixels that are 0 and 255 somewhere.

    An image sensor uses the whole range even where these images do not. It makes the scale of the input exactly 1, so
    that raw uint8 pixels are the quantized input. Two corner pixels of one image are set where that is needed; a value
    at every place would widen the ranges of all layers.

    Args:
        images: uint8 [n, H, W, C]; changed in place.
    """
    if images.min() > 0:
        images[0, 0, 0] = 0
    if images.max() < 255:
        images[0, -1, -1] = 255
    return images


def verify(content, scheme, io):
    """Checks that a file is what was asked for, and runs it once.

    Args:
        content: ``bytes`` of the file.
        scheme: ``Scheme``.
        io: type of an int8 file's input and output.

    Raises:
        EdgezooError: an operator is not built-in, operators stayed float in an integer scheme (each is named on a line
            of its own), an input or output has another type than asked for, or LiteRT does not run it.
    """
    graph = read_graph(content)
    custom = sorted({operator.op for operator in graph.operators if operator.is_custom})
    if custom:
        raise EdgezooError(f"the file holds operators that are not built-in: {', '.join(custom)}")
    wanted = scheme.io(io)
    for tensor in (graph.tensors[index] for index in (*graph.inputs, *graph.outputs)):
        if tensor.dtype != wanted:
            raise EdgezooError(f"{tensor.name} came out as {tensor.dtype}, not {wanted}")
    if scheme.integer:
        _require_integers(graph)
    _run(content, graph)


def _require_integers(graph):
    """Only conversions at the file's own input and output may touch floats."""
    conversions, ends = ("QUANTIZE", "DEQUANTIZE"), {*graph.inputs, *graph.outputs}

    def strays(operator):
        touched = {index for index in (*operator.inputs, *operator.outputs) if index >= 0}
        floats = {index for index in touched if graph.tensors[index].dtype.startswith("float")}
        return bool(floats) and not (operator.op in conversions and floats <= ends)

    floating = [operator for operator in graph.operators if strays(operator)]
    # The conversions around an operator that stayed float are not the cause.
    causes = [operator for operator in floating if operator.op not in conversions] or floating
    if causes:
        places = [f"{operator.op} at {graph.tensors[operator.outputs[0]].name}" for operator in causes]
        raise EdgezooError("\n".join(f"{place} has no integer form" for place in places))


def _run(content, graph):
    resizable = any(-1 in graph.tensors[index].shape_signature for index in graph.inputs)
    with quiet_stderr():
        for side in _SIDES if resizable else (None,):
            try:
                return _invoke(content, side)
            except (ValueError, RuntimeError) as error:
                failure = error
        raise EdgezooError(f"LiteRT does not run the file: {' '.join(str(failure).split())[:200]}") from failure


def _invoke(content, side):
    """Runs a file once, its open heights and widths set to ``side``.

    As it is, such a file stands at 1×1, which is too small for a network without padding.
    """
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content)
    for detail in interpreter.get_input_details():
        shape = [side if length == -1 else length for length in detail["shape_signature"]]
        interpreter.resize_tensor_input(detail["index"], shape)
    interpreter.allocate_tensors()
    interpreter.invoke()


if __name__ == "__main__":
    main()
