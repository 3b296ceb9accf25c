import json

import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.evaluate import read_results, summary_rows, tabulate
from edgezoo.evaluate.documents import FORMAT_VERSION

OLD = {
    "results": [{"file": "a.tflite", "top1": 0.5, "latency_ms": {"p50": 1.5}}],
    "environment": {"cpu": "a CPU"},
}


@pytest.fixture
def written(tmp_path):
    def write(document):
        path = tmp_path / "results.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return path

    return write


def test_an_older_document_is_read_and_its_missing_keys_are_none(written):
    document = read_results(written(OLD))
    (result,) = document["results"]
    assert result["top1"] == 0.5 and result["latency_ms"] == {**dict.fromkeys(result["latency_ms"]), "p50": 1.5}
    assert result["n"] is result["sha256"] is result["benchmarks"] is result["delegated"] is None
    assert result["latency_ms"]["p95"] is None
    assert document["pairs"] is document["notes"] is document["dataset"]["name"] is None
    assert document["environment"]["cpu"] == "a CPU" and document["environment"]["packages"] == {}
    (row,) = summary_rows(document)
    assert {key: value for key, value in row.items() if value is not None} == {
        "file": "a.tflite",
        "top1": 0.5,
        "p50_ms": 1.5,
        "pareto": "latency",
    }
    assert tabulate(document, "accuracy")[1] == [("a.tflite", None, "50.00 %", None)]


def test_what_was_read_can_be_written_and_read_again(written):
    document = read_results(written(OLD))
    assert read_results(written(document)) == document


def test_unknown_keys_are_kept(written):
    assert read_results(written({**OLD, "author": "me"}))["author"] == "me"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{", r"is damaged: Expecting property name .*; measure again"),
        ("", r"results\.json is empty"),
        ("[]", "holds no results of `evaluate`, `benchmark` or `compare`"),
        ({"rows": []}, "holds no results"),
        ({"results": "none"}, "holds no results"),
        ({"results": [{"model": "a"}]}, "holds no results"),
        ({**OLD, "format_version": FORMAT_VERSION + 1}, "has format version 2, and .* up to 1; update edgezoo"),
        ({**OLD, "format_version": "new"}, "has format version new"),
        ({**OLD, "environment": []}, r"is damaged: environment is \[\]"),
        ({"results": [{"file": "a", "top1": "high"}]}, 'is damaged: top1 is "high"'),
        ({"results": [{"file": "a", "confusion": [[1, "b"]]}]}, r'is damaged: confusion\[0\]\[1\] is "b"'),
        ({"results": [{"file": "a", "targets": {"coral": "all"}}]}, 'is damaged: coral is "all"'),
        ({**OLD, "pairs": [None]}, r"is damaged: pairs\[0\] is null"),
    ],
)
def test_anything_else_is_an_error_of_one_line(written, document, message):
    with pytest.raises(EdgezooError, match=message) as error:
        read_results(written(document))
    assert "\n" not in str(error.value)


def test_a_missing_file(tmp_path):
    with pytest.raises(EdgezooError, match="does not exist"):
        read_results(tmp_path / "results.json")
