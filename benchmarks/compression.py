"""What compression costs in accuracy: networks of all families, trained on and exported in every way.

    python benchmarks/compression.py       # nothing else should run meanwhile; hours on two cores

Starts from the weights that ship. Each training is a run folder that is gone on with, and answers are kept, so the
script can be stopped at any time, and ``NAME… --untimed`` can go before. Latencies are measured last, all in one run.
Writes ``results/compression.json``: a row for each network and way.
"""

import dataclasses
import json
from pathlib import Path

import click
from devices import median_latencies
from documents import write_results
from script import run

from edgezoo.common.files import sha256, write_json
from edgezoo.common.progress import note
from edgezoo.compress import Settings, compress_model
from edgezoo.compress.recipes import as_trained, usual_recipe
from edgezoo.datasets import load_dataset
from edgezoo.evaluate import evaluate_files
from edgezoo.evaluate.recovery import recover_model
from edgezoo.export import TARGETS, Calibration, export_model
from edgezoo.inspection.kernels import kernels_of
from edgezoo.train import Recipe, Teacher
from edgezoo.zoo import build, load_model
from edgezoo.zoo.weights import record_of

#: Of every family, from small to large.
MODELS = (
    *("feedforward_s", "feedforward_m", "pooled_xs", "pooled_avg_s", "strided_xs", "strided_lite", "strided_s"),
    *("global_xs", "ensemble_l"),
)
#: Costs more to train than all others together, and is trained in one way alone. Nor is it evaluated in int16x8, whose
#: reference kernels take minutes.
_LARGE = ("ensemble_l",)


@dataclasses.dataclass(frozen=True)
class Way:
    """A way to a file.

    Attributes:
        name: for people.
        scheme: key of ``SCHEMES``.
        method: item of ``METHODS``, or ``None`` for the network as it is.
        settings: ``Settings`` of the method, or ``None`` for the usual ones.
        recipe: settings of the usual recipe that are others.
        taught: whether the network as it is teaches.
        stage: folder in the run whose model is exported; ``""`` for that of the last stage.
        remedy: options of ``export_model``.
    """

    name: str
    scheme: str
    method: str | None = None
    settings: Settings | None = None
    recipe: dict = dataclasses.field(default_factory=dict)
    taught: bool = False
    stage: str = ""
    remedy: dict = dataclasses.field(default_factory=dict)


_THREE_QUARTERS = Settings(sparsity=0.75)
#: Points that ``--recover`` may leave.
_LEFT = 0.03
WAYS = (
    Way("float32", "float32"),
    Way("int16x8", "int16x8"),
    Way("int8", "int8"),
    Way("int8, ranges of least error", "int8", remedy={"estimator": "mse"}),
    Way("int8, equalized, biases corrected", "int8", remedy={"equalize": True, "correct_bias": True}),
    Way("QAT", "int8", "qat"),
    Way("pruned 50 %", "int8", "prune+qat", stage="1_prune"),
    Way("pruned 50 %, QAT", "int8", "prune+qat"),
    Way("pruned 75 %", "int8", "prune+cluster+qat", _THREE_QUARTERS, stage="1_prune"),
    Way("16 clusters", "int8", "cluster"),
    Way("pruned 75 %, 16 clusters, QAT", "int8", "prune+cluster+qat", _THREE_QUARTERS),
)
#: Whose compiler is asked what the weights take on a device that unpacks them itself.
_NPU = "ethos-u55-128"
_RECOVERED = Way(f"int8, layers lifted until {_LEFT} points are lost", "int8")
_TAUGHT = Way("QAT, taught by itself", "int8", "qat", recipe={"epochs": 2, "learning_rate": 3e-4}, taught=True)


def ways_for(name):
    """The ways that a named model goes."""
    if name not in _LARGE:
        return WAYS
    return (*(way for way in WAYS if not way.method and way.scheme != "int16x8"), _RECOVERED, _TAUGHT)


def file_of(way, model, bundle, dataset, calibration):
    """The file of a way's model."""
    if way is _RECOVERED:
        recovered, _ = recover_model(model, bundle, _LEFT, data=dataset.name)
        return recovered.paths[0]
    (file,) = export_model(model, bundle, (way.scheme,), calibration=calibration, **way.remedy)
    return file


def recipe_of(name, dataset, way):
    """A way's recipe with the augmentation that a named model was trained with."""
    kept = as_trained(record_of(name, dataset.name)["recipe"] or {})  # that of an ensemble is its members'
    return Recipe.load(usual_recipe(way.method), **kept, **way.recipe)


def files_of(name, dataset, folder):
    """Pairs of each ``Way`` and the file that it leads to, of a named model."""
    folder.mkdir(parents=True, exist_ok=True)
    trained = folder / f"{name}.keras"
    if not trained.exists():
        build(name, weights=dataset.name, input_shape=dataset.input_shape).save(trained)
    calibration = Calibration.draw(dataset)
    pairs = []
    for number, way in enumerate(ways_for(name)):
        source = trained
        if way.method:
            note(f"{name}: {way.name}")
            run_dir = folder / way.method.replace("+", "_")
            recipe, teachers = recipe_of(name, dataset, way), [Teacher.load(trained)] if way.taught else []
            compress_model(trained, way.method, dataset, run_dir, recipe, way.settings, resume=True, teachers=teachers)
            source = run_dir / way.stage / "model.keras"
        bundle = folder / "bundles" / str(number)
        pairs.append((way, source, file_of(way, source, bundle, dataset, calibration)))
    return pairs


def rows_of(name, pairs, dataset):
    """A row for each way without its latency, all of the same test images; and where they are from."""
    files = [str(file) for _, _, file in pairs]
    evaluated = evaluate_files(files, dataset)
    validated = {each["file"]: each["top1"] for each in evaluate_files(files, dataset, split="validation")["results"]}
    against = {}
    for pair in evaluated["pairs"]:
        if files[0] in (pair["a"], pair["b"]):
            against[pair["b"] if pair["a"] == files[0] else pair["a"]] = pair
    rows = []
    for (way, source, _), result in zip(pairs, evaluated["results"], strict=True):
        pair, kernels = against.get(result["file"], {}), kernels_of(load_model(source))
        compiled = TARGETS[_NPU].check(result["file"]).figures  # by Vela; none of a float file
        weights = sum(row["weights"] for row in kernels)
        rows.append({
            "model": name,
            "way": way.name,
            "file": result["file"],
            **{key: result[key] for key in ("sha256", "n", "top1", "top1_ci95", "size_bytes", "gzip_bytes")},
            "validation_top1": validated[result["file"]],
            "mcnemar_p": pair.get("mcnemar_p"),
            "agreement": pair.get("agreement"),
            "npu_flash_bytes": compiled.get("flash_bytes"),
            "npu_cycles": compiled.get("cycles"),
            "zeros": sum(row["weights"] * row["zeros"] for row in kernels) / weights,
            "source_sha256": sha256(source),
        })  # fmt: skip
    return rows, {"dataset": evaluated["dataset"]}


@click.command()
@click.argument("names", nargs=-1)
@click.option("--data", default="fashion_mnist", show_default=True)
@click.option("--output", default="build/compression", show_default=True, help="Folder of the runs.")
@click.option("--untimed", is_flag=True, help="Train, export and evaluate, and write no results file.")
def main(names, data, output, untimed):
    """Compress named models NAMES in every way, and measure the files."""
    dataset = load_dataset(data)
    rows = []
    for name in names or MODELS:
        evaluated = Path(output) / name / "evaluated.json"
        if not evaluated.exists():
            write_json(evaluated, rows_of(name, files_of(name, dataset, evaluated.parent), dataset))
        more, facts = json.loads(evaluated.read_text(encoding="utf-8"))
        rows += more
    if untimed:
        return
    timed = median_latencies([row["file"] for row in rows])
    rows = [{**row, "p50_ms": timed[row["file"]]} for row in rows]
    epochs = {name: Recipe.load(name).epochs for name in ("qat", "compress")}
    write_results("compression", {"rows": rows, "epochs": epochs, "dataset": facts["dataset"]})


if __name__ == "__main__":
    run(main)
