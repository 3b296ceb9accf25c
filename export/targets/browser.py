"""Browsers, by WebAssembly or WebGPU."""

from pathlib import Path

from ...inspection.graph import read_graph
from .checking import CPU, NOWHERE, Check, Placement, refusal
from .target import Target, Tool

_BY = "static rules of LiteRT.js 2.5"
#: What LiteRT.js makes tensors of at the ends of a network.
_TYPES = ("float32", "uint8", "int32")


def check(path):
    """Whether LiteRT.js takes a file; by WebAssembly it has LiteRT's built-in operators, all on the CPU.

    Args:
        path: ``.tflite`` file.

    Returns:
        ``Check``.

    Raises:
        EdgezooError: the file is damaged.
    """
    graph = read_graph(path)
    ends = [graph.tensors[index] for index in (*graph.inputs, *graph.outputs)]
    if any(-1 in tensor.shape_signature for tensor in ends):
        return refusal(_BY, "LiteRT.js takes no open batch or size", "export it with --input-size and batch 1")
    for tensor in ends:
        if tensor.dtype not in _TYPES:
            return refusal(
                _BY, f"LiteRT.js makes no tensor of {tensor.dtype} ({tensor.name!r})", "export it with --io uint8"
            )
    return Check(
        tuple(
            Placement(each.index, each.op, NOWHERE, "LiteRT.js has no custom operators", "use built-in operators only")
            if each.is_custom
            else Placement(each.index, each.op, CPU)
            for each in graph.operators
        ),
        by=_BY,
    )


_GUIDE = """
`index.html` classifies a picture in the browser, by LiteRT.js. Its package lies beside it, and all of it comes from a
web server, since a page from a file may load no WebAssembly:

    npm install @litertjs/core
    python -m http.server --bind 127.0.0.1

Then open http://localhost:8000/. The page takes the manifest's first model, or `?model=NAME.tflite`.
"""

TARGET = Target(
    "browser",
    runtime="LiteRT.js",
    schemes=("float32", "int8"),
    io="uint8",
    tool=Tool("npm", "Node.js and its npm"),
    has_accelerator=False,
    check=check,
    by_rules="rules of LiteRT.js",
    extras=(Path(__file__).with_name("index.html"),),
    guide=_GUIDE,
)
