"""Files with graphs for several image sizes, and files that only look like it."""

import pytest
from ai_edge_litert.interpreter import Interpreter

from edgezoo.common.errors import EdgezooError
from edgezoo.inspection import describe, read_graph
from edgezoo.inspection.sizes import choice_in_words, graph_for, image_sizes, with_first


def test_the_sizes_of_a_file(two_sizes, zoo):
    assert image_sizes(two_sizes.path) == {(12, 12): 0, (20, 20): 1}
    for path in (two_sizes.alone[12], zoo.open_float32, zoo.keras, "/nowhere"):
        assert image_sizes(path) == {}
        assert choice_in_words(path) is None


@pytest.mark.parametrize(
    ("asked", "number"), [(None, 0), ((20, 20), 1), ((300, 200), 1), ((1, 1), 0), ((16, 16), 0), ((None, 19), 1)]
)
def test_the_graph_for_a_size_is_the_nearest_one(two_sizes, asked, number):
    assert graph_for(two_sizes.path, asked) == number
    size = ("12×12", "20×20")[number]
    assert choice_in_words(two_sizes.path, asked) == (
        f"{two_sizes.path} has a graph for each of 12×12, 20×20 pixels; the one for {size} is used."
    )


def test_graphs_that_do_something_else_are_not_sizes(two_sizes, edited, tmp_path):
    def change(name):
        def rename(model, schema):
            model.signatureDefs[1].outputs[0].name = name

        return edited(two_sizes.path.read_bytes(), rename)

    path = tmp_path / "other.tflite"
    path.write_bytes(change(b"features"))
    assert image_sizes(path) == {}
    path.write_bytes(change(b"probabilities"))
    assert image_sizes(path)


def test_damaged_files_have_no_sizes(two_sizes, tmp_path):
    content, path = two_sizes.path.read_bytes(), tmp_path / "damaged.tflite"
    for damaged in (content[:200], content[:8] + b"\xff" * 200, b"", content[:4] + b"XXXX" + content[8:]):
        path.write_bytes(damaged)
        assert image_sizes(path) == {}


def test_the_second_graph_becomes_the_first(two_sizes):
    content = two_sizes.path.read_bytes()
    swapped = with_first(content, 1)
    assert len(swapped) == len(content)
    for number, side in ((0, 20), (1, 12)):
        image = read_graph(swapped, number).tensors[read_graph(swapped, number).inputs[0]]
        assert image.shape == (1, side, side, 1)
    assert Interpreter(model_content=swapped).get_input_details()[0]["shape"].tolist() == [1, 20, 20, 1]
    assert with_first(swapped, 1) == content


@pytest.mark.parametrize("side", [12, 20])
def test_a_graph_is_described_as_that_of_a_file_of_its_own(two_sizes, side):
    alone, shape = two_sizes.alone[side], (side, side, 1)
    assert describe(two_sizes.path, shape) == describe(alone)
    number = graph_for(two_sizes.path, shape[:2])
    one, other = read_graph(two_sizes.path, number), read_graph(alone)
    assert (one.tensors, one.operators, one.inputs) == (other.tensors, other.operators, other.inputs)
    assert list(one.signatures) == [f"serving_{side}"]
    assert describe(two_sizes.path) == describe(two_sizes.alone[12])
    with pytest.raises(EdgezooError, match=r"takes images of shape \(20, 20, 1\), not \(19, 19, 1\)"):
        describe(two_sizes.path, (19, 19, 1))
