"""How an int8 file is calibrated best: its accuracy against the number, the draw and the reading of the images."""

import dataclasses
import itertools
import os

from ..common.errors import EdgezooError
from ..common.figures import new_figure, save
from ..common.files import csv_text, output_folder, replacing
from ..export import Calibration, export_model
from ..export.bundle import read_manifest, write_labels
from ..export.bundles import Bundle
from ..export.conversion import convert_variants, prepare
from ..export.estimators import ESTIMATORS
from ..export.forms import form_of
from ..export.schemes import chosen_schemes
from ..export.staging import locked_staging
from ..train.preparing import load_as_trained
from .accuracy import evaluate_files

#: What is gone through: numbers of images, seeds of the draw, and estimators, the simplest first.
SIZES, SEEDS = (10, 30, 100, 300), (0, 1, 2)
CONVERTER = "converter"
#: Validation images that each file is scored on, at most.
_SCORED = 2000
_PLOT, _TABLE = "calibration_sweep.png", "calibration_sweep.csv"


@dataclasses.dataclass(frozen=True)
class Way:
    """One way to calibrate.

    Attributes:
        estimator: key of ``ESTIMATORS``, or ``CONVERTER``.
        images: how many.
        seed: of their draw.
    """

    estimator: str
    images: int
    seed: int


def export_by_sweep(model_path, out_dir, data, schemes=("int8",), *, skip_bad=False, layers=(), io="uint8", **options):
    """Tries ways to calibrate an int8 file on validation images, and exports the one that is best.

    Ten to 300 images, three draws of each, and every estimator are tried. A number and an estimator are judged by the
    mean accuracy over the draws; of equal ones the simpler wins: fewer images, the earlier estimator, the lower seed.
    Images to calibrate with are of the training split, and those to score with of the validation split, a fixed sample
    of 2,000 at most. ``calibration_sweep.png`` and ``calibration_sweep.csv`` in ``out_dir`` show what came out.

    Args:
        model_path, out_dir, io, layers: as for ``export_model``.
        data, skip_bad: as for ``export_models``.
        schemes: one name, that of int8 files; with ``layers`` of the precision of all others.
        **options: ``input_sizes``, ``labels``, ``pixels`` and ``fit`` of ``export_model``.

    Returns:
        ``(Bundle, document)``; the document has ``split``, ``n``, ``rows`` (``estimator``, ``images``, ``seed``,
        ``top1``, ``top1_low`` and ``top1_high`` of each file) and ``best``, a row of them.

    Raises:
        EdgezooError: the file is none whose calibration has something to choose, the model has several sizes, or as
            ``export_model``.
    """
    (scheme, *others) = chosen_schemes(schemes)
    if others or not (layers or scheme.name == "int8"):
        raise EdgezooError("--calibration-sweep is for one int8 file; give --quantize int8, with or without --layer.")
    form = form_of(scheme.name, io, layers=layers)
    out_dir = output_folder(out_dir, "the bundle")
    datasets = []

    def draw(model):
        datasets.append(load_as_trained(model, model_path, data, fit=options.get("fit"), skip_bad=skip_bad))
        return Calibration.draw(datasets[0], max(SIZES))

    prepared = prepare(model_path, [form], calibration=data and draw, **options)
    for error in prepared.refused.values():
        raise error
    (dataset,) = datasets
    if len(prepared.shapes) > 1:
        raise EdgezooError("--calibration-sweep is for one input size at a time; give one --input-size.")
    ((shape, *_),) = prepared.shapes.values()
    sizes = dict.fromkeys(min(size, len(dataset.train)) for size in SIZES)
    drawn = {key: Calibration.draw(dataset, *key) for key in itertools.product(sizes, SEEDS)}
    resize = None in prepared.model.inputs[0].shape[1:]
    fitted = {key: calibration.fitted(shape, resize) for key, calibration in drawn.items()}
    ways = [Way(*each) for each in itertools.product((CONVERTER, *ESTIMATORS), sizes, SEEDS)]
    with locked_staging(out_dir) as staging:
        if prepared.labels is not None:
            write_labels(staging, prepared.labels)
        calibrations = [(fitted[way.images, way.seed], _estimator(way)) for way in ways]
        files = convert_variants(prepared, form, calibrations, staging)
        results = evaluate_files(files, dataset, split="validation", limit=_SCORED)["results"]
    rows = [
        {
            **dataclasses.asdict(way),
            "top1": result["top1"],
            **dict(zip(("top1_low", "top1_high"), result["top1_ci95"], strict=True)),
        }
        for way, result in zip(ways, results, strict=True)
    ]
    best = best_of(rows)
    way = Way(best["estimator"], best["images"], best["seed"])
    made = export_model(
        model_path,
        out_dir,
        [scheme.name],
        io=io,
        layers=layers,
        calibration=drawn[way.images, way.seed],
        estimator=_estimator(way),
        **options,
    )
    with replacing(out_dir / _TABLE) as table:
        table.write_text(csv_text(rows), encoding="utf-8")
    save(_figure(rows, best), out_dir / _PLOT)
    document = {"split": "validation", "n": results[0]["n"], "rows": rows, "best": best}
    return Bundle(os.fspath(out_dir), read_manifest(out_dir), made), document


def best_of(rows):
    """The row to choose: of the estimator and number of images whose mean over the seeds is highest, the best seed."""
    order = list(dict.fromkeys(row["estimator"] for row in rows))

    def rank(row):
        draws = [each for each in rows if _setting(each) == _setting(row)]
        mean = sum(each["top1"] for each in draws) / len(draws)
        # Sums of the same numbers may differ in the last bit.
        return -round(mean, 9), row["images"], order.index(row["estimator"]), -row["top1"], row["seed"]

    return min(rows, key=rank)


def summary(rows):
    """Rows of a table: an estimator, and for each number of images its mean top-1 in percent, with the extremes."""
    table = []
    for estimator in dict.fromkeys(row["estimator"] for row in rows):
        cells = []
        for images in dict.fromkeys(row["images"] for row in rows):
            found = [100 * row["top1"] for row in rows if _setting(row) == (estimator, images)]
            cells.append(f"{sum(found) / len(found):.2f} ({min(found):.2f} to {max(found):.2f})")
        table.append((estimator, *cells))
    return table


def _setting(row):
    return row["estimator"], row["images"]


def _estimator(way):
    return None if way.estimator == CONVERTER else way.estimator


def _figure(rows, best):
    """Accuracy against the number of images: the mean of each estimator, and every draw as a point."""
    figure = new_figure(4.6)
    axes = figure.subplots()
    estimators, sizes = (list(dict.fromkeys(row[key] for row in rows)) for key in ("estimator", "images"))
    for number, estimator in enumerate(estimators):
        draws = [[100 * row["top1"] for row in rows if _setting(row) == (estimator, size)] for size in sizes]
        # Beside each other, since many are equal.
        places = [size * 1.03 ** (number - len(estimators) // 2) for size in sizes]
        axes.plot(places, [sum(each) / len(each) for each in draws], color=f"C{number}", label=estimator)
        for place, each in zip(places, draws, strict=True):
            axes.plot([place] * len(each), each, ".", color=f"C{number}", alpha=0.6)
        if best["estimator"] == estimator:
            at = places[sizes.index(best["images"])], 100 * best["top1"]
            axes.plot(*at, "o", markersize=12, markerfacecolor="none", color="black", label="exported")
    axes.set_xscale("log")
    axes.set_xticks(sizes, sizes)
    axes.minorticks_off()
    axes.set(xlabel="calibration images", ylabel="top-1 accuracy on validation images, %")
    axes.legend(frameon=False, fontsize=8)
    return figure
