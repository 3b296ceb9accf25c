"""``edgezoo export``."""

import os

import click

from . import options, sizing
from .output import json_or_table, line, table


def _schemes():
    from ..export.schemes import SCHEMES

    return SCHEMES


def _io_types():
    from ..export.schemes import IO_TYPES

    return IO_TYPES


def _estimators():
    from ..export.estimators import ESTIMATORS

    return ESTIMATORS


@click.command("export")
@click.argument("files", nargs=-1, required=True, metavar="FILE.keras...", type=options.PATH)
@options.output
@click.option(
    "--quantize",
    "schemes",
    multiple=True,
    default=("int8",),
    show_default=True,
    type=options.Names(_schemes),
    help="Number format of the file; repeatable.",
)
@click.option(
    "--io",
    type=options.Names(_io_types),
    default="uint8",
    show_default=True,
    help="Type of an int8 file's input and output.",
)
@options.targets(help="Devices, or all: a bundle for each, DIR/T; repeatable. `edgezoo targets` lists them.")
@options.settings(help="Setting of a target, such as memory_mode=Sram_Only; repeatable. `edgezoo targets` lists them.")
@click.option("--data", metavar="D", type=options.DATASET, help="Training images for calibration.")
@click.option(
    "--estimator",
    type=options.Names(_estimators),
    help="How ranges of int8 activations are read off them (default: the converter's own way).",
)
@click.option(
    "--calibration-sweep",
    "sweep",
    is_flag=True,
    help="Try numbers, draws and estimators of them on validation images, and take the best.",
)
@click.option(
    "--layer",
    "layers",
    multiple=True,
    type=options.LayerChoice(),
    metavar="PATTERN=PRECISION",
    help="Layers that are float32, int16x8, int8, int8_weights or int4_weights in a file of another --quantize, such "
    "as 'stage1*=int16x8'; repeatable.",
)
@click.option("--equalize", is_flag=True, help="Even out ranges of channels before activations become integers.")
@click.option("--correct-bias", is_flag=True, help="Take the mean error of rounded weights off the biases, there too.")
@click.option(
    "--recover",
    type=click.FloatRange(0),
    metavar="POINTS",
    help="Lift layers of the int8 file to float32, until it loses at most so many points on validation images.",
)
@click.option(
    "--input-size",
    "input_sizes",
    type=options.Numbers(),
    default=(),
    metavar="N[,N...]",
    help="Side of the images, for models of any size.",
)
@click.option("--one-file", is_flag=True, help="All sizes in one file per format: a signature each, weights once.")
@click.option(
    "--labels",
    metavar="FILE",
    type=options.PATH,
    help="Class names, one a line (default: those of training, else the data set's).",
)
@options.pixels
@sizing.fit
@options.skip_bad
@options.custom
@json_or_table
@click.pass_context
def command(ctx, files, output, schemes, io, targets, settings, sweep, recover, **more):
    """Convert FILE.keras to .tflite files and a bundle.

    A bundle is a folder with the files, manifest, labels and a runnable example. Built-in operators only, batch 1.
    int8 and int16x8 need --data: the ranges of activations are read off training images, whose indices and seed go into
    the manifest. Of several FILEs each gets a bundle of its own, DIR/MODEL.

    With --layer the file is MODEL_mixed.tflite: the layers named are in another precision than --quantize says of all
    others.

    With --calibration-sweep an int8 file is made with 10 to 300 images, in three draws, by every estimator; the one
    that is the best on validation images is exported, DIR/calibration_sweep.png and .csv show all.

    --equalize and --correct-bias change the network that int8 and int16x8 files are made from, so that less gets lost;
    float files stay as they are.

    With --recover 0.1 layers of the int8 file are lifted to float32, the worst first, until it loses no more than 0.1
    percentage points of float's accuracy on validation images. That is MODEL_mixed.tflite; DIR/recovery.csv has what
    each step costs.

    With --target each device gets a bundle, DIR/T: the file that it takes, checked, compiled where its compiler is
    here, with what builds or runs it there. --quantize and --io are then the target's unless they are given.

    \b
    edgezoo export runs/strided_s/model.keras -o out --quantize float32 --quantize int8 --data fashion_mnist
    edgezoo export global.keras -o out --data fashion_mnist --input-size 28,40
    edgezoo export global.keras -o out --data fashion_mnist --input-size 28,40 --one-file
    edgezoo export net.keras -o out --data fashion_mnist --estimator mse
    edgezoo export net.keras -o out --data fashion_mnist --calibration-sweep
    edgezoo export net.keras -o out --data fashion_mnist --layer 'stage1*=int16x8' --layer predictions=float32
    edgezoo export net.keras -o out --data fashion_mnist --equalize --correct-bias
    edgezoo export net.keras -o out --data fashion_mnist --recover 0.1
    edgezoo export net.keras -o out --data fashion_mnist --target coral,ethos-u55-128
    """
    from ..export import export_models, export_models_for_targets

    failures = []
    if recover is not None:
        bundles, documents = _recovered(files, output, recover, schemes, io, bool(targets), sweep, **more)
        recovered = [
            {"folder": bundle.folder, **bundle.manifest, "recovery": document}
            for bundle, document in zip(bundles, documents, strict=True)
        ]
        yield recovered[0] if len(recovered) == 1 else {"bundles": recovered}
        for document in documents:
            _tell_recovery(document)
        _tell_files(bundles)
        return
    if sweep:
        bundle, document = _swept(files, output, schemes, io, bool(targets), **more)
        yield {**bundle.manifest, "calibration_sweep": document}
        _tell(document)
        _tell_files([bundle])
        return
    if targets:
        given = (("schemes", schemes), ("io", io))
        schemes, io = (value if options.is_given(ctx, name) else None for name, value in given)
        more |= {"io": io, "settings": settings}
        bundles, failures = export_models_for_targets(files, output, targets, schemes or (), **more)
    elif settings:
        raise click.UsageError("--set is for --target T.")
    else:
        bundles = export_models(files, output, schemes, io=io, **more)
    several = {"bundles": [{"folder": bundle.folder, **bundle.manifest} for bundle in bundles]}
    alone = len(bundles) == 1 and len(files) == 1 and len(targets) < 2
    yield {**(bundles[0].manifest if alone else several), "failure": "; ".join(each.rstrip(".") for each in failures)}
    if bundles:
        _tell_files(bundles)


def _swept(files, output, schemes, io, has_targets, *, estimator, one_file, equalize, correct_bias, **more):
    from ..evaluate import export_by_sweep

    unfit = {
        **{"--target": has_targets, "--estimator": estimator, "--one-file": one_file, "several FILEs": len(files) > 1},
        # They depend on the images, too, and would be made anew for each file.
        **{"--equalize": equalize, "--correct-bias": correct_bias},
    }
    if given := [name for name, value in unfit.items() if value]:
        raise click.UsageError(f"--calibration-sweep is not for {given[0]}.")
    return export_by_sweep(files[0], output, schemes=schemes, io=io, **more)


def _recovered(files, output, points, schemes, io, has_targets, sweep, *, data, **more):
    from ..evaluate import recover_models

    layers, one_file, correct_bias = (more.pop(name) for name in ("layers", "one_file", "correct_bias"))
    others = {
        "--target": has_targets,
        "--calibration-sweep": sweep,
        "--layer": layers,
        "--one-file": one_file,
        "--correct-bias": correct_bias,
        "other formats than int8": tuple(schemes) != ("int8",),
    }
    if given := [name for name, value in others.items() if value]:
        raise click.UsageError(f"--recover is not for {given[0]}.")
    if data is None:
        raise click.UsageError("--recover needs images to calibrate with and to score files on: --data D.")
    return recover_models(files, output, points, data=data, io=io, **more)


def _tell_recovery(document):
    steps = [{"layer": "float32 throughout", **document["float"]}, *document["steps"]]
    rows = [
        (
            step["layer"] or "int8 throughout",
            step["precision"] if step["layer"] != "float32 throughout" else None,
            f"{100 * step['top1']:.2f}",
            f"{step['lost_points']:.2f}",
            f"{step['size_bytes']:,}",
            f"{step['p50_ms']:.3g}",
        )
        for step in steps
    ]
    headings = ["layer", "to", ">top-1, %", ">points lost", ">bytes", ">p50 ms"]
    table(f"On {document['n']:,} {document['split']} images", headings, rows)
    lifted = ", ".join(document["lifted"]) or "none"
    line(f"In float32: {lifted}; top-1 of the exported file is {100 * document['top1']:.2f} %.")


def _tell(document):
    from ..evaluate.calibration_sweep import summary

    sizes = dict.fromkeys(row["images"] for row in document["rows"])
    title = f"Top-1 on {document['n']:,} validation images, %: mean of the draws (lowest to highest)"
    headings = ["estimator", *(f"{size} images" for size in sizes)]
    table(title, headings, summary(document["rows"]))
    best = document["best"]
    line(f"Calibrated with {best['images']} images, seed {best['seed']}, by {best['estimator']}.")


def _tell_files(bundles):
    paths = [path for bundle in bundles for path in bundle.paths]
    table(None, ["file", ">bytes"], [(path, f"{os.path.getsize(path):,}") for path in paths])
