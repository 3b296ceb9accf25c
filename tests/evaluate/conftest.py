import pytest

from edgezoo.evaluate import benchmark_files, evaluate_files


@pytest.fixture(scope="session")
def comparison(zoo, dataset):
    """A comparison's document without the columns that come from the zoo's arithmetic."""
    paths = [zoo.bars_float32, zoo.bars_int8]
    document = evaluate_files(paths, dataset)
    timed = benchmark_files(paths, min_runs=10, min_seconds=0)
    for result in document["results"]:
        result |= {"params": None, "macs": None, "peak_activation_bytes": None}
        result["benchmarks"] = [row for row in timed["results"] if row["file"] == result["file"]]
    return {"title": "<b>bars</b>", **document, "protocol": timed["protocol"], "notes": ["5 < 6 & so on"]}
