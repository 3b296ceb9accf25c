"""Browsers, by WebAssembly or WebGPU."""

from pathlib import Path

from ....common.errors import EdgezooError
from ....inspection.graph import read_graph
from ....runtime.litertjs import VERSION, litertjs_files
from ..checking import CPU, NOWHERE, Check, Placement, refusal
from ..target import Target, Tool

#: Where a bundle has LiteRT.js; the page's import map says it, too.
LITERTJS = "litertjs"
_PAGE = Path(__file__).with_name("page")
_LICENSE = Path(__file__).parents[3] / "LICENSE"

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


def furnish(folder):
    """Puts LiteRT.js into a bundle, so that its page needs nothing from elsewhere.

    Args:
        folder: ``Path`` of the bundle.

    Returns:
        List of sentences for the user: why it is not there.
    """
    try:
        files = litertjs_files()
    except EdgezooError as error:
        return [f"the page lacks LiteRT.js, and README.md says how to add it: {error}"]
    files["LICENSE"] = _LICENSE.read_bytes()  # the packages name the Apache License, and have no copy of it
    for name, content in files.items():
        path = folder / LITERTJS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return []


_GUIDE = f"""
`index.html` classifies pictures in the browser, by LiteRT.js: a file, the camera, a drawing. `edgezoo deploy .
--device browser` shows it on this computer, and so does any web server (a page from a file may load no WebAssembly):

    python -m http.server --bind 127.0.0.1

Then open http://localhost:8000/; the model is the first one, or `?model=NAME.tflite`. For others, put the folder on any
static host, with https if the camera shall work. With the headers `Cross-Origin-Opener-Policy: same-origin` and
`Cross-Origin-Embedder-Policy: require-corp` large models run on several threads.

LiteRT.js is in `{LITERTJS}` (Apache License 2.0). Where that is missing:

    npm install --ignore-scripts --prefix npm @litertjs/core@{VERSION} && mv npm/node_modules/@litertjs {LITERTJS}
"""

TARGET = Target(
    "browser",
    runtime="LiteRT.js",
    schemes=("float32", "int8"),
    io="uint8",
    tool=Tool("npm", "Node.js and its npm", use="fetches LiteRT.js, which a bundle's page runs"),
    has_accelerator=False,
    check=check,
    by_rules="rules of LiteRT.js",
    extras=tuple(sorted(_PAGE.iterdir())),
    furnish=furnish,
    guide=_GUIDE,
)
