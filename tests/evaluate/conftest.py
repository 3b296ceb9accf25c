import pytest

from edgezoo.evaluate import benchmark_files, evaluate_files
from edgezoo.evaluate.placement import placements
from edgezoo.inspection import describe


@pytest.fixture(scope="session")
def comparison(zoo, dataset):
    """A comparison's document for two targets, without the columns that come from the zoo's arithmetic."""
    paths = [zoo.bars_float32, zoo.bars_int8]
    document = evaluate_files(paths, dataset)
    timed = benchmark_files(paths, min_runs=10, min_seconds=0)
    for result in document["results"]:
        result |= {"params": None, "macs": None, "peak_activation_bytes": None}
        result["targets"], _ = placements(result, ["phone", "ethos-u55-128"])
        result["layers"] = describe(result["file"]).as_dict()["layers"]
        result["benchmarks"] = [row for row in timed["results"] if row["file"] == result["file"]]
    return {
        "title": "<b>bars</b>",
        **document,
        "protocol": timed["protocol"],
        "notes": ["5 < 6 & so on"],
        "targets": ["phone", "ethos-u55-128"],
    }
