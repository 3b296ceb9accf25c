"""What is recorded of the zoo on the targets."""

from pathlib import Path

import documents
import targets

from edgezoo.inspection import read_graph


def test_the_zoo_runs_on_coral_and_ethos_u_as_a_whole():
    """A named model that does not has to be mended, or to say so."""
    rows = [row for row in documents.results("targets")["rows"] if row["target"].startswith(("coral", "ethos-u"))]
    assert rows
    for row in rows:
        assert row["refused"] is None, row
        assert row["accelerated"] == row["operators"] and not row["float_operators"], row


def test_a_row_counts_the_operators_of_the_file(zoo):
    row = targets.row_of("bars", Path(zoo.bars_int8), "phone", "int8")
    graph = read_graph(zoo.bars_int8)
    assert row["operators"] == len(graph.operators) and row["float_operators"] == 0
    assert row["accelerated"] == row["operators"] - len(
        [each for each in graph.operators if each.op in ("AVERAGE_POOL_2D", "SOFTMAX", "QUANTIZE")]
    )
    assert {op for op, where, _ in row["elsewhere"] if where == "cpu"} == {"AVERAGE_POOL_2D", "SOFTMAX", "QUANTIZE"}
    assert targets.row_of("bars", Path(zoo.bars_float32), "browser", "float32")["float_operators"] > 0
