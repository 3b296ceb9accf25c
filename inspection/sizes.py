"""Files with a graph for each of several image sizes: which sizes they have, and which graph is the one to run.

LiteRT's interpreter runs the first graph of a file. The others are found by their signatures.
"""

import mmap
import struct

from ai_edge_litert import schema_py_generated as schema

from ..common.files import existing_file
from ..common.text import dimensions

_SUBGRAPHS = 8  # place of the field in the table of a model
_MOST_SIZES = 1000


def image_sizes(path):
    """The sizes of images that a ``.tflite`` file has graphs for.

    Those graphs count that have a signature, and take and give what the first one does but for the height and width of
    their one image: any others are there for another purpose.

    Args:
        path: any file.

    Returns:
        ``{(height, width): number of the graph}``, the first graph's first; empty for a file that takes one size or
        any, is damaged, or is no ``.tflite`` file.
    """
    try:
        with open(existing_file(path), "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            sizes = _sizes(content) if content[4:8] == b"TFL3" else {}
    except MemoryError:
        raise
    except Exception:  # the offsets of a damaged file lead anywhere, and graphs of another purpose take no image
        return {}
    return sizes if len(sizes) > 1 else {}


def _sizes(content):
    model = schema.Model.GetRootAs(content, 0)
    if not 1 < model.SignatureDefsLength() <= _MOST_SIZES:
        return {}
    signatures = [model.SignatureDefs(place) for place in range(model.SignatureDefsLength())]
    ends = {}
    for signature in signatures:
        ends.setdefault(signature.SubgraphIndex(), _ends(model.Subgraphs(signature.SubgraphIndex()), signature))
    sizes = {}
    for number, (size, rest) in sorted(ends.items()):
        if rest == ends[0][1] and min(size) > 0:
            sizes.setdefault(size, number)
    return sizes if 0 in sizes.values() else {}


def _ends(graph, signature):
    """``(size, rest)``: the size of a graph's image, and all else that its inputs and outputs are."""
    image, scores = graph.Tensors(graph.Inputs(0)), graph.Tensors(graph.Outputs(0))
    shape = image.ShapeSignatureAsNumpy() if image.ShapeSignatureLength() else image.ShapeAsNumpy()
    batch, height, width, channels = map(int, shape)
    names = signature.Inputs(0).Name(), signature.Outputs(0).Name()
    counts = graph.InputsLength(), graph.OutputsLength()
    types = image.Type(), scores.Type()
    # Scores may be those of places: their height and width go with those of the image.
    ranks = scores.ShapeLength(), scores.Shape(scores.ShapeLength() - 1)
    return (height, width), (names, counts, types, batch, channels, ranks)


def graph_for(path, image_size=None):
    """The number of the graph of a file that takes images of a size, or of the nearest one.

    Args:
        path: ``.tflite`` file.
        image_size: (height, width), where ``None`` stands for any; ``None`` is the first graph.
    """
    sizes = image_sizes(path) if image_size else {}
    return sizes[_nearest(sizes, image_size)] if sizes else 0


def choice_in_words(path, image_size=None):
    """A sentence on which of several sizes a file is run at, or ``None`` where there is no choice.

    Args:
        path, image_size: as for ``graph_for``.
    """
    sizes = image_sizes(path)
    if not sizes:
        return None
    listed, chosen = ", ".join(map(dimensions, sizes)), dimensions(_nearest(sizes, image_size))
    return f"{path} has a graph for each of {listed} pixels; the one for {chosen} is used."


def _nearest(sizes, image_size):
    asked = image_size or (None, None)
    return min(
        sizes,
        key=lambda size: sum(abs(side - wanted) for side, wanted in zip(size, asked, strict=True) if wanted),
    )


def with_first(content, number):
    """The content of a ``.tflite`` file whose graph ``number`` has changed places with the first, so that it is run.

    Nothing is packed anew. Signatures go by the numbers of before.
    """
    changed = bytearray(content)
    table = schema.Model.GetRootAs(changed, 0)._tab
    start = table.Vector(table.Offset(_SUBGRAPHS))
    first, other = start, start + 4 * number
    # A vector of tables holds how far each is from its own place in the vector.
    graphs = table.Indirect(first), table.Indirect(other)
    struct.pack_into("<I", changed, first, graphs[1] - first)
    struct.pack_into("<I", changed, other, graphs[0] - other)
    return bytes(changed)
