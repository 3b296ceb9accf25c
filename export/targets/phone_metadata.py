"""What readers on a phone find in a file: TFLite Metadata, by which MediaPipe Tasks' ``ImageClassifier`` loads it.

Rules as MediaPipe 1.2 has them: an input of RGB, float32 with its normalization or uint8 pixels as they are; class
names in a text file inside, as many as there are outputs.
"""

from pathlib import Path

from ...common.files import replacing
from ...inspection.graph import read_graphs
from ...inspection.metadata import read_metadata
from ...inspection.metadata_writer import MetadataWriter
from ..identity import tag_of

#: The file of class names inside.
_LABELS = "labels.txt"
#: Kinds of content, of a processing step, of a file; and what the steps' reader must know.
_FEATURE, _IMAGE, _NORMALIZATION, _AXIS_LABELS = 1, 2, 1, 2
_COLORS = {3: 1, 1: 2}
_MIN_PARSER_VERSION = "1.0.0"


def describe(path, labels, pixels):
    """Writes metadata into a file: what its input takes, what its outputs mean, and the names of its classes.

    A file that has metadata, or is none of one picture, stays as it is.

    Args:
        path: exported ``.tflite`` file, which is replaced.
        labels: class names, or ``None``.
        pixels: ``Pixels`` that it takes.

    Returns:
        List of sentences for the user.

    Raises:
        EdgezooError: the file is larger than metadata can be added to.
    """
    if read_metadata(path, "TFLITE_METADATA"):
        return []
    content = Path(path).read_bytes()
    graphs = read_graphs(content)
    if not all(map(_is_classifier, graphs.values())):
        return []
    outputs = graphs[0].tensors[graphs[0].outputs[0]].shape[-1]
    files = {_LABELS: "".join(f"{label}\n" for label in labels).encode()} if labels and len(labels) == outputs else {}
    writer = MetadataWriter()
    subgraphs = [_subgraph(writer, graph, pixels, files) for graph in graphs.values()]
    fields = {
        0: writer.CreateString(tag_of(path).model),
        1: writer.CreateString(f"Image classifier of {outputs} outputs, {tag_of(path).scheme}, made by edgezoo."),
        3: writer.tables(subgraphs),
        7: writer.CreateString(_MIN_PARSER_VERSION),
    }
    with replacing(path) as new:
        new.write_bytes(writer.into(content, writer.table(fields), files))
    takes_gray = graphs[0].tensors[graphs[0].inputs[0]].shape[-1] == 1
    return [_GRAY.format(file=Path(path).name)] if takes_gray else []


_GRAY = "{file} takes gray pictures, and MediaPipe Tasks gives colours only: for that, export it with --set rgb=yes."


def _is_classifier(graph):
    ends = (graph.inputs, graph.outputs)
    return all(len(end) == 1 for end in ends) and len(graph.tensors[graph.inputs[0]].shape) == 4


def _subgraph(writer, graph, pixels, files):
    (image,), (scores,) = ([graph.tensors[index] for index in ends] for ends in (graph.inputs, graph.outputs))
    color = writer.table(_0=_COLORS.get(image.shape[-1], 0))
    steps = {0: writer.floats(pixels.mean), 1: writer.floats(pixels.std)}
    normalization = writer.table({1: writer.table(steps)}, _0=_NORMALIZATION)
    most, least = (
        writer.floats([(pixel - mean) / std for mean, std in zip(pixels.mean, pixels.std, strict=True)])
        for pixel in (255, 0)
    )
    taken = writer.table(
        {
            0: writer.CreateString(image.name),
            1: writer.CreateString(f"Pixels of 0 to 255, as {pixels.text}."),
            3: writer.table({1: color}, _0=_IMAGE),
            4: writer.tables([normalization]),
            5: writer.table({0: most, 1: least}),
        }
    )
    entries = [writer.table({0: writer.CreateString(name)}, _2=_AXIS_LABELS) for name in files]
    given = writer.table(
        {
            0: writer.CreateString(scores.name),
            1: writer.CreateString("Scores of the classes, in their order."),
            3: writer.table({1: writer.table()}, _0=_FEATURE),
            **({6: writer.tables(entries)} if entries else {}),
        }
    )
    return writer.table({2: writer.tables([taken]), 3: writer.tables([given])})
