"""``debug_files``: which layers of quantized files lose, and why."""

import math
import tempfile
from pathlib import Path

from ...common.environment import command, environment
from ...common.errors import EdgezooError
from ...common.files import sha256
from ...common.progress import note, track
from ...export.fits import fit_of
from ...export.identity import tag_of
from ...export.pixels import pixels_of
from ...inspection.files import TFLITE, kind_of
from ...inspection.graph import read_graph
from ...inspection.scopes import Scopes
from ...inspection.sizes import graph_for
from .causes import causes_of, channel_facts
from .pairing import layer_names, pairs_of
from .process import BATCH, compared
from .reference import float_file, is_quantized, require_same_network
from .weights import bias_of, require_alike, weights_of

FORMAT_VERSION = 1
#: Images, unless others are asked for: measures of layers settle long before an accuracy does.
IMAGES = 100
#: Layers that are named as the worst.
WORST = 5


def debug_files(paths, against, dataset, *, split="validation", limit=None, pixels=None, fit=None):
    """Holds the layers of quantized files against the float network, on real images.

    Args:
        paths: quantized ``.tflite`` files.
        against: the ``.keras`` file that they were made from, or a float ``.tflite`` file of it.
        dataset: ``edgezoo.datasets.Dataset``.
        split: ``"validation"`` or ``"train"``: what is seen here decides what is done, and test images decide nothing.
        limit: number of images, ``IMAGES`` by default; a fixed random sample.
        pixels: ``inspection.pixels.Pixels`` that the files take; ``None`` for what each tells.
        fit: as for ``evaluate_files``.

    Returns:
        Of each file the document of ``edgezoo evaluate --layers --json`` (``layers.schema.json``): its operators in
        file order (``layers``), and the places of the worst of them in that list (``worst``), the worst first.

    Raises:
        EdgezooError: a file is not quantized, is of another network, or cannot be run.
    """
    for path in paths:
        if kind_of(path) != TFLITE:
            raise EdgezooError(f"{path} is no .tflite file; it is quantized files that lose in their layers.")
        require_same_network(path, against)
    images = dataset.splits[split].take(limit or IMAGES)
    if not len(images):
        raise EdgezooError(f"{dataset.name} has no {split} images to compare layers on.")
    common = {
        "against": {"file": str(against), "sha256": sha256(against)},
        "dataset": {"name": dataset.name, "split": split, "images": len(dataset.splits[split]), "used": len(images)},
        "environment": environment(),
        "command": command(),
    }
    documents = []
    with tempfile.TemporaryDirectory() as folder:
        for number, path in enumerate(paths):
            layers = _layers(path, against, images, pixels, fit_of(path, fit), Path(folder, str(number)))
            facts = {"file": str(path), "sha256": sha256(path), "layers": layers, "worst": worst(layers)}
            documents.append({"format_version": FORMAT_VERSION, **facts, **common})
    return documents


def _layers(path, against, images, pixels, fit, folder):
    size = tuple(images.shape[:2])
    graph = read_graph(path, graph_for(path, size))
    if not is_quantized(graph):
        raise EdgezooError(f"{path} holds floats alone: nothing is quantized, so that nothing is lost.")
    shape = _input_shape(path, graph, size)
    folder.mkdir()
    return layers_of(path, float_file(against, folder, shape, pixels), images.at(shape, fit), pixels, str(against))


def layers_of(path, reference, images, pixels=None, against=None):
    """The rows of one quantized file, an operator each, in file order; conversions alone have none.

    Args:
        path: quantized ``.tflite`` file.
        reference: float ``.tflite`` file of the same network.
        images: ``Split`` in the shape that both take.
        pixels: as for ``debug_files``.
        against: what the reference was made from, for messages.

    Returns:
        List of dicts, see ``layers.schema.json``. What cannot be told, as of an operator that the float file does not
        have, is ``None``.
    """
    path, reference = Path(path), Path(reference)
    against, size = against or str(reference), images.shape[:2]
    graphs = [read_graph(each, graph_for(each, size)) for each in (path, reference)]
    names = [_names(*each) for each in zip((path, reference), graphs, strict=True)]
    pairs = pairs_of(graphs[0], names[0], graphs[1], names[1])
    weights = {pair.operator.index: weights_of(graphs[0], pair.operator, graphs[1], pair.reference) for pair in pairs}
    for pair in pairs:
        require_alike(pair.layer, weights[pair.operator.index], str(path), against)
    taken = [pixels_of(each, pixels) for each in (path, reference)]
    if words := taken[0].in_words(path):
        note(words)
    tensors = [(pair.operator.outputs[0], pair.reference.outputs[0]) for pair in pairs]
    batches = track((batch for batch, _ in images.batches(BATCH)), "layers", total=math.ceil(len(images) / BATCH))
    measured = compared((path, reference), taken, size, tensors, batches)
    found = dict(zip((pair.operator.index for pair in pairs), measured, strict=True))
    others = {pair.operator.index: pair.reference.index for pair in pairs}
    return [
        _row(graphs[0], graphs[0].operators[index], each, others.get(index), found.get(index), weights.get(index))
        for index, each in names[0].items()
    ]


_NOT_MEASURED = dict.fromkeys(("error", "own_error", "step", "clipped", "steps", "steps_used"))


def _row(graph, operator, names, against, measured, weights):
    measured = measured or {**_NOT_MEASURED, "channels": []}
    row = {
        "index": operator.index,
        "layer": names[0],
        "layers": [*names],
        "op": operator.op,
        "dtype": graph.tensors[operator.outputs[0]].dtype,
        "against_index": against,
        **{key: measured[key] for key in _NOT_MEASURED},
        **channel_facts(measured["channels"]),
        "weights": weights,
        "bias": bias_of(graph, operator),
    }
    return {**row, "causes": causes_of(row)}


def worst(layers):
    """Places of the layers with the most noise of their own, by the ratio in their channels, the worst first."""
    return by_own_noise(layers)[:WORST]


def by_own_noise(layers):
    """Places of all layers with noise of their own, the worst first."""
    ratios = {place: (layer["own_error"] or {}).get("channel_sqnr_db") for place, layer in enumerate(layers)}
    return sorted((place for place, ratio in ratios.items() if ratio is not None), key=ratios.get)


def _names(path, graph):
    written = [graph.name_of(operator) for operator in graph.operators if operator.outputs]
    return layer_names(graph, Scopes(written, numbered=tag_of(path) is not None))


def _input_shape(path, graph, size):
    """(H, W, C) that a file takes, sides that it leaves open as the images are."""
    sides = graph.tensors[graph.inputs[0]].shape_signature if len(graph.inputs) == 1 else ()
    if len(sides) != 4 or sides[3] < 1:
        raise EdgezooError(f"{path} is no image classifier: its input is no [1, H, W, C].")
    return tuple(given if own == -1 else own for own, given in zip(sides[1:], (*size, None), strict=True))
