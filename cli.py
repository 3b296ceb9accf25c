"""The ``edgezoo`` command: parses, calls one library function, prints.

Imports at the top stay cheap (click and the standard library): ``edgezoo --help`` and shell completion must answer at
once. Everything else is imported inside the command that needs it.
"""

import contextlib
import json
import os
import sys

import click

from . import __version__
from .common.errors import EdgezooError
from .explain.questions import QUESTIONS
from .export.schemes import IO_TYPES, SCHEMES


class Program(click.Group):
    """Turns the library's errors into ``Error: …`` and exit 1, and keeps the commands in the order of the work."""

    def list_commands(self, ctx):
        return list(self.commands)

    def invoke(self, ctx):
        # Native start-up chatter and Keras' own bars have no place between a user and their table.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        os.environ.setdefault("KERAS_BACKEND", "tensorflow")
        # A terminal that cannot show × or ü shows a question mark.
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(errors="replace")
        try:
            return super().invoke(ctx)
        except EdgezooError as error:
            raise click.ClickException(" ".join(str(error).split())) from error
        except OSError as error:  # a folder that cannot be written to, a full disk
            path = error.filename2 or error.filename
            where = f"{path}: " if path else ""
            raise click.ClickException(f"{where}{error.strerror or error}.") from error
        except Exception as error:
            # TensorFlow's own error of this name is known only where TensorFlow is imported.
            if not isinstance(error, MemoryError) and type(error).__name__ != "ResourceExhaustedError":
                raise
            raise click.ClickException("there is not enough memory; take smaller images or a smaller model.") from error
        except KeyboardInterrupt:
            # Files are in order by now. The interpreter's own end could wait for ever for threads of TensorFlow's that
            # were interrupted while they ran Python.
            click.echo("\nAborted!", err=True)
            os._exit(1)


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="edgezoo")
def main():
    """Build, train, quantize, export and measure CNNs for edge hardware.

    \b
    Start here:   edgezoo quickstart -o demo
    Completion:   eval "$(_EDGEZOO_COMPLETE=bash_source edgezoo)"    (zsh_source, fish_source)
    """


# -- what the commands have in common ---------------------------------------------------------------------------------


def _shape(ctx, parameter, value):
    """``H,W,C`` as a tuple; ``?`` or ``None`` stands for a variable side."""
    if value is None:
        return None
    try:
        sides = tuple(None if side.strip() in ("?", "None") else int(side) for side in value.split(","))
    except ValueError:
        sides = ()
    if len(sides) != 3 or any(side is not None and side < 1 for side in sides):
        raise click.BadParameter(f"{value!r} is not HEIGHT,WIDTH,CHANNELS such as 28,28,1 (?,?,1 for any size).")
    return sides


def _numbers(ctx, parameter, value):
    """``1,2`` as a tuple of positive ints."""
    if not value:
        return ()
    try:
        numbers = tuple(int(number) for number in value.split(","))
    except ValueError:
        numbers = (0,)
    if min(numbers) < 1:
        raise click.BadParameter(f"{value!r} is not a list of positive whole numbers such as 1,2.")
    return numbers


def _names_or_files(names):
    """A completer that offers names, and files where none of them fits; ``names`` is called without arguments."""

    def complete(ctx, parameter, incomplete):
        from click.shell_completion import CompletionItem

        fitting = [name for name in names() if name.startswith(incomplete)]
        # Shells drop what is offered beside files.
        return fitting or [CompletionItem(incomplete, type="file")]

    return complete


def _models():
    from .zoo import list_models

    return list_models()


def _datasets():
    from .datasets import known_datasets

    return [row["name"] for row in known_datasets()]


def _trained():
    from .zoo.weights import index

    return list(index())


def _recipes():
    from .train import list_recipes

    return list_recipes()


_complete_model, _complete_data = _names_or_files(_models), _names_or_files(_datasets)
_path = click.Path()  # so that shells complete the names of files


as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout and nothing else.")
input_shape = click.option(
    "--input-shape", callback=_shape, metavar="H,W,C", help="Height, width, channels; ? for a variable side."
)
data = click.option(
    "--data",
    required=True,
    metavar="D",
    shell_complete=_complete_data,
    help="A data set's name, a folder of images (a sub-folder per class), or an .npz file.",
)
skip_bad = click.option("--skip-bad", is_flag=True, help="Leave out image files that cannot be read.")
output = click.option("-o", "--output", required=True, metavar="DIR", type=_path, help="Folder to write to.")
files = click.argument("files", nargs=-1, required=True, metavar="FILE...", type=_path)
limit = click.option("--limit", type=click.IntRange(1), metavar="N", help="Use only N images.")
split = click.option(
    "--split",
    type=click.Choice(["train", "validation", "test"]),
    default="test",
    show_default=True,
    help="Images to use.",
)
threads = click.option(
    "--threads", callback=_numbers, default="1", show_default=True, metavar="N[,N...]", help="Threads per inference."
)


def _stdout_for_json():
    """While the work runs, whatever a library prints goes to stderr: stdout holds the document alone."""
    return contextlib.redirect_stdout(sys.stderr)


def _print_json(document):
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def _console():
    from rich.console import Console

    # A pipe has no width: nothing is cut off for whoever reads it.
    return Console(highlight=False, width=None if sys.stdout.isatty() else 1000)


def _table(title, columns, rows):
    """Prints a table; a column that starts with ``>`` is aligned to the right. Cells are plain text, never markup."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, box=SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for column in columns:
        table.add_column(column.lstrip(">"), justify="right" if column.startswith(">") else "left", overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else Text(str(cell)) for cell in row))
    _console().print(table)


def _load_data(name, skip_bad=False, shape=(None, None, None)):
    """The data set, decoded at the ``(height, width, channels)`` that a model fixes; ``None`` leaves it to the data."""
    from .datasets import load_dataset

    height, width, channels = shape
    size = (height, width) if height and width else None
    return load_dataset(name, skip_bad=skip_bad, image_size=size, channels=channels)


def _load_data_for(files, name, skip_bad):
    """The data set for measuring files, after a look whether these are there."""
    from .common.files import existing_file

    for file in files:
        existing_file(file)
    return _load_data(name, skip_bad)


def _image_shape(network):
    """(H, W, C) of a model's one image; all ``None`` for any other input, which the library has its own words for."""
    shapes = [tuple(tensor.shape[1:]) for tensor in network.inputs]
    return shapes[0] if len(shapes) == 1 and len(shapes[0]) == 3 else (None, None, None)


def _is_file(model):
    """Whether MODEL is meant as a file; a registered name never is, though a run's folder may be called like it."""
    from .zoo import list_models

    return model not in list_models() and (model.endswith((".keras", ".tflite")) or os.path.exists(model))


def _model(name, **overrides):
    """The model of a ``.keras`` file or of a name in the registry."""
    from .common.quiet import import_tensorflow
    from .zoo import build, load_model

    import_tensorflow()
    return load_model(name) if _is_file(name) else build(name, **overrides)


# -- the zoo ----------------------------------------------------------------------------------------------------------


@main.command("list")
@click.argument("pattern", default="*", shell_complete=_complete_model)
@as_json
def list_(pattern, as_json):
    """Named models: family, parameters, MACs, peak RAM, weights.

    \b
    edgezoo list
    edgezoo list "strided*"
    """
    from .common.errors import UnknownName
    from .inspection.catalog import catalog
    from .zoo import list_models

    models = catalog(pattern)
    if not models:
        raise UnknownName("model", pattern, list_models(), "`edgezoo list` shows them all")
    if as_json:
        return _print_json({"models": [{key: row[key] for key in row if key != "summary"} for row in models]})
    _table(
        "Models at 28×28×1, 10 classes (peak RAM: activations in int8)",
        ["name", "family", ">params", ">MACs", ">peak RAM", "weights"],
        [
            (
                row["name"],
                row["family"],
                f"{row['params']:,}",
                f"{row['macs']:,}",
                f"{row['peak_activation_bytes'] / 1024:.1f} KiB",
                ", ".join(row["weights"]),
            )
            for row in models
        ],
    )


def _window(ctx, parameter, value):
    """``n=28,f=3,p=same,s=2,d=1`` as the arguments of ``explain.Window``; ``3x5`` is a height and a width."""
    if value is None:
        return None
    names = {"n": "input_size", "f": "kernel", "p": "padding", "s": "stride", "d": "dilation"}
    try:
        given = dict(part.strip().split("=") for part in value.split(","))
        window = {}
        for key, text in given.items():
            if key == "p" and text in ("same", "valid"):
                window["padding"] = text
                continue
            height, width = map(int, text.split("x") if "x" in text else (text, text))
            window[names[key]] = ((height, height), (width, width)) if key == "p" else (height, width)
        if not {"n", "f"} <= set(given):
            raise ValueError
    except (KeyError, ValueError):
        message = f"{value!r} is not n=SIZE,f=KERNEL and any of p=PADDING,s=STRIDE,d=DILATION, such as n=28,f=3,p=same."
        raise click.BadParameter(message) from None
    return window


@main.command()
@click.argument("models", nargs=-1, metavar="[MODEL|FILE...]", shell_complete=_complete_model)
@input_shape
@click.option("--draw", metavar="OUT", type=_path, help=".svg, .png or .gif file: a window's way over its input.")
@click.option("--layer", metavar="PATTERN", help="With --draw: the first layer with this name; * and ? are wild.")
@click.option(
    "--window",
    callback=_window,
    metavar="n=N,f=F[,p=P][,s=S][,d=D]",
    help="With --draw, no MODEL: input, kernel, padding (pixels, same or valid), stride, dilation.",
)
@as_json
def describe(models, input_shape, draw, layer, window, as_json):
    """Layer table of named models, .keras or .tflite files.

    Output size, kernel, stride, padding, receptive field, parameters, MACs and activation bytes of every layer, and the
    peak of activation RAM in execution order. With --json several MODELs come as a list under "models". --draw makes a
    picture of a convolution's arithmetic instead, moving in a .gif.

    \b
    edgezoo describe strided_s --input-shape 96,96,3
    edgezoo describe model_int8.tflite
    edgezoo describe strided_s --draw conv.svg --layer "stage2*"
    edgezoo describe --draw conv.gif --window n=7,f=3,p=1,s=2
    """
    if bool(models) == bool(window) or (draw and len(models) > 1) or ((layer or window) and not draw):
        raise click.UsageError("give MODELs; or --draw OUT with one MODEL and its --layer, or with --window n=7,f=3.")
    if draw:
        from .explain import draw_window

        with _stdout_for_json():
            summary = models and _described(models[0], input_shape)
            document = draw_window(draw, summary, layer or "*", window)
        if as_json:
            return _print_json(document)
        for formula in dict.fromkeys(document["formula"].values()):
            click.echo(formula)
        return click.echo(document["output"])
    documents = {}
    with _stdout_for_json():
        for model in models:
            documents[model] = _described(model, input_shape).as_dict()
    if as_json:
        several = {"models": [{"model": model, **document} for model, document in documents.items()]}
        return _print_json(documents[models[0]] if len(models) == 1 else several)
    for model, document in documents.items():
        _print_layers(model, document)


def _described(model, input_shape):
    """The ``Summary`` of a file or of a named model, which has 28×28 gray pixels unless asked otherwise."""
    from .inspection import describe as describe_model

    if _is_file(model):
        return describe_model(model, input_shape)
    return describe_model(_model(model, input_shape=input_shape or (28, 28, 1)))


def _print_layers(model, document):
    def side(value):
        return "×".join(map(str, value)) if isinstance(value, (list, tuple)) else value

    _table(
        model,
        ["layer", "op", "output", "kernel", "stride", "padding", ">field", ">params", ">MACs", ">bytes"],
        [
            (
                row["name"],
                row["op"],
                side(row["output_shape"]),
                side(row["kernel"]),
                side(row["stride"]),
                row["padding"],
                side(row["receptive_field"]),
                f"{row['params']:,}",
                f"{row['macs']:,}",
                f"{row['activation_bytes']:,}",
            )
            for row in document["layers"]
        ],
    )
    _console().print(
        f"{document['params']:,} parameters, {document['macs']:,} MACs, "
        f"{document['peak_activation_bytes']:,} bytes of activations at the peak"
    )


def _setting(text):
    """``key=value`` as a pair; the value is read as YAML, so 3, true, [8, 16] and words mean what they look like."""
    import yaml

    key, separator, value = text.partition("=")
    if not separator or not key:
        raise click.BadParameter(
            f"{text!r} is not KEY=VALUE, such as padding=valid or filters=[8,16].", param_hint="--set"
        )
    try:
        value = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise click.BadParameter(f"the value of {text!r} cannot be read.", param_hint="--set") from error
    return key, tuple(value) if isinstance(value, list) else value


@main.command()
@click.argument("model", shell_complete=_complete_model)
@click.option("-o", "--output", required=True, metavar="FILE.keras", type=_path, help="File to write.")
@input_shape
@click.option("--classes", type=click.IntRange(1), help="Number of classes.")
@click.option(
    "--weights",
    metavar="DATASET|FILE",
    shell_complete=_names_or_files(_trained),
    help="A data set that `edgezoo list` shows trained weights for, or a file of the same architecture "
    "(.weights.h5 or .keras).",
)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Any argument of the family; repeatable.")
@as_json
def build(model, output, input_shape, classes, weights, settings, as_json):
    """Build a named MODEL and save it, untrained unless --weights.

    \b
    edgezoo build pooled_s -o my.keras --input-shape 32,32,3 --classes 5
    edgezoo build strided_s -o trained.keras --weights fashion_mnist
    edgezoo build global_m -o my.keras --set downsampling=max --set filters=[8,16,32]
    """
    from .common.files import replacing
    from .common.quiet import import_tensorflow
    from .zoo import build as build_model

    if not output.endswith(".keras"):
        raise EdgezooError(f"the output must be named NAME.keras, not {output}.")
    overrides = dict(map(_setting, settings))
    overrides |= {
        key: value
        for key, value in (("input_shape", input_shape), ("classes", classes), ("weights", weights))
        if value is not None
    }
    with _stdout_for_json():
        import_tensorflow()
        network = build_model(model, **overrides)
        with replacing(output) as temporary:
            network.save(temporary)
    document = {
        "file": output,
        "model": model,
        "input_shape": list(network.input_shape[1:]),
        "params": network.count_params(),
    }
    if as_json:
        return _print_json(document)
    _console().print(f"{output}: {model}, {document['params']:,} parameters, input {document['input_shape']}")


# -- data and training ------------------------------------------------------------------------------------------------


@main.command()
@click.argument("data", required=False, shell_complete=_complete_data)
@click.option(
    "-o", "--output", metavar="FILE.png", type=_path, help="Contact sheet to write (default: NAME_contact_sheet.png)."
)
@skip_bad
@as_json
def datasets(data, output, skip_bad, as_json):
    """Known data sets, or what one holds: counts, contact sheet.

    \b
    edgezoo datasets
    edgezoo datasets ./flowers -o flowers.png
    """
    from .datasets import contact_sheet, describe_dataset, known_datasets, load_dataset

    if data is None:
        rows = known_datasets()
        if as_json:
            return _print_json({"datasets": rows})
        return _table(
            "Data sets (or give a folder of images, a sub-folder per class, or an .npz file)",
            ["name", "image", ">classes", "found", "how to get it"],
            [
                (row["name"], "×".join(map(str, row["input_shape"])), row["classes"], row["found"] or "no", row["how"])
                for row in rows
            ],
        )
    if output and not output.endswith(".png"):
        raise EdgezooError(f"the contact sheet must be named NAME.png, not {output}.")
    with _stdout_for_json():
        dataset = load_dataset(data, skip_bad=skip_bad)
        document = describe_dataset(dataset)
        output = output or f"{dataset.name}_contact_sheet.png"
        contact_sheet(dataset, output)
        document["contact_sheet"] = output
    if as_json:
        return _print_json(document)
    counts = document["counts"]
    _table(
        f"{document['name']}: {'×'.join(map(str, document['input_shape']))}, {len(dataset.class_names)} classes",
        ["class", *(f">{split}" for split in counts)],
        [
            *((name, *(counts[split][name] for split in counts)) for name in dataset.class_names),
            ("all", *(sum(counts[split].values()) for split in counts)),
        ],
    )
    sizes = document["source"]["sizes"]
    smallest, largest = ("×".join(map(str, sizes[end])) for end in ("smallest", "largest"))
    _console().print(
        f"{sizes['distinct']} image sizes, from {smallest} to {largest}"
        if sizes["distinct"] > 1
        else f"images: {smallest}"
    )
    _console().print(f"contact sheet: {output}")


@main.command()
@click.argument("model", shell_complete=_complete_model)
@data
@click.option("-o", "--output", required=True, metavar="RUN", type=_path, help="Folder of the run.")
@click.option("--recipe", metavar="R", shell_complete=_names_or_files(_recipes), help="A recipe's name or a YAML file.")
@click.option("--epochs", type=click.IntRange(1), help="Passes over the training images.")
@click.option("--batch-size", type=click.IntRange(1), help="Images per step, over all devices.")
@click.option(
    "--precision",
    type=click.Choice(["auto", "float32", "mixed_bfloat16", "mixed_float16"]),
    help="Arithmetic of the forward and backward pass; auto measures what is faster here.",
)
@click.option("--seed", type=click.IntRange(0), help="Seed of weights, shuffling and augmentation.")
@click.option("--resume", is_flag=True, help="Go on with the run in the folder.")
@skip_bad
@as_json
def train(model, data, output, recipe, epochs, batch_size, precision, seed, resume, skip_bad, as_json):
    """Train a named MODEL or a .keras file.

    Writes RUN/model.keras (the epoch of the best validation accuracy), history.csv, run.json, curves.png and logs/ for
    TensorBoard. Ctrl-C ends early and keeps the best model; --resume goes on.

    \b
    edgezoo train strided_s --data fashion_mnist -o runs/strided_s
    edgezoo train my.keras --data ./flowers -o runs/flowers --epochs 30
    """
    from .common.quiet import import_tensorflow

    import_tensorflow()
    from .train import Recipe, fit

    overrides = {"epochs": epochs, "batch_size": batch_size, "precision": precision, "seed": seed}
    with _stdout_for_json():
        chosen = Recipe.load(recipe, **{key: value for key, value in overrides.items() if value is not None})
        network, dataset = _model_and_data(model, data, skip_bad, chosen.seed)
        result = fit(network, dataset, output, chosen, resume=resume)
    if as_json:
        return _print_json(result.as_dict())
    stopped = f"; stopped after epoch {result.epochs}, --resume goes on" if result.interrupted else ""
    _console().print(
        f"{result.model_path}: best of {result.epochs} epochs is epoch {result.best_epoch}, "
        f"validation accuracy {result.val_accuracy:.4f}{stopped}"
    )


def _model_and_data(model, data, skip_bad, seed):
    """What to train and on what; a model by name is built for the data, with seeded initial weights."""
    import keras

    from .zoo.registry import entry

    if _is_file(model):
        network = _model(model)
        return network, _load_data(data, skip_bad, _image_shape(network))
    entry(model)  # a wrong name is said before the data are read
    dataset = _load_data(data, skip_bad)
    keras.utils.set_random_seed(seed)
    return _model(model, input_shape=dataset.input_shape, classes=len(dataset.class_names)), dataset


# -- export -----------------------------------------------------------------------------------------------------------


@main.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE.keras...", type=_path)
@output
@click.option(
    "--quantize",
    "schemes",
    multiple=True,
    default=("int8",),
    show_default=True,
    type=click.Choice(list(SCHEMES)),
    help="Number format of the file; repeatable.",
)
@click.option(
    "--io",
    type=click.Choice(IO_TYPES),
    default="uint8",
    show_default=True,
    help="Type of an int8 file's input and output.",
)
@click.option("--data", metavar="D", shell_complete=_complete_data, help="Training images for calibration.")
@click.option(
    "--input-size", "sizes", callback=_numbers, metavar="N[,N...]", help="Side of the images, for models of any size."
)
@click.option("--labels", metavar="FILE", type=_path, help="Class names, one a line (default: the data set's).")
@skip_bad
@as_json
def export(files, output, schemes, io, data, sizes, labels, skip_bad, as_json):
    """Convert FILE.keras to .tflite files and a bundle.

    A bundle is a folder with the files, manifest, labels and a runnable example. Built-in operators only, batch 1.
    int8 and int16x8 need --data: the ranges of activations are read off training images, whose indices and seed go into
    the manifest. Of several FILEs each gets a bundle of its own, DIR/MODEL.

    \b
    edgezoo export runs/strided_s/model.keras -o out --quantize float32 --quantize int8 --data fashion_mnist
    edgezoo export global.keras -o out --data fashion_mnist --input-size 28,40
    """
    from .export import Calibration, export_model

    names = [os.path.splitext(os.path.basename(file))[0] for file in files]
    if twice := [name for name in names if names.count(name) > 1]:
        raise EdgezooError(f"two of the files are called {twice[0]}.keras; export them to different folders.")
    folders = [output] if len(files) == 1 else [os.path.join(output, name) for name in names]
    paths = []
    with _stdout_for_json():
        for file, folder in zip(files, folders, strict=True):
            calibration = None
            if data:
                calibration = Calibration.draw(_load_data(data, skip_bad, _image_shape(_model(file))))
            options = {"io": io, "calibration": calibration, "input_sizes": sizes, "labels": labels}
            paths += export_model(file, folder, schemes, **options)
    if as_json:
        manifests = []
        for folder in folders:
            with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as manifest:
                manifests.append(json.load(manifest))
        several = {"bundles": [{"folder": folder, **each} for folder, each in zip(folders, manifests, strict=True)]}
        return _print_json(manifests[0] if len(files) == 1 else several)
    _table(None, ["file", ">bytes"], [(path, f"{os.path.getsize(path):,}") for path in paths])


@main.command()
@as_json
def targets(as_json):
    """Devices: what each takes and needs, which tools were found."""
    from .export.targets import list_targets

    rows = list_targets()
    if as_json:
        return _print_json({"targets": rows})
    _table(
        "Targets",
        ["target", "runtime", "takes", "needs", "found"],
        [(row["name"], row["runtime"], row["takes"], row["needs"], row["found"] or "no") for row in rows],
    )


# -- measuring --------------------------------------------------------------------------------------------------------


@main.command()
@files
@data
@split
@limit
@skip_bad
@as_json
def evaluate(files, data, split, limit, skip_bad, as_json):
    """Accuracy of .keras and .tflite files on the same images.

    With 95 % intervals, and McNemar's test for every two files.

    \b
    edgezoo evaluate runs/strided_s/model.keras out/*.tflite --data fashion_mnist
    """
    from .evaluate import evaluate_files

    with _stdout_for_json():
        document = evaluate_files(files, _load_data_for(files, data, skip_bad), split=split, limit=limit)
    if as_json:
        return _print_json(document)
    _print_accuracy(document)


@main.command()
@files
@threads
@click.option(
    "--input-size", type=click.IntRange(1), metavar="N", help="Side of the image for files that take any size."
)
@as_json
def benchmark(files, threads, input_size, as_json):
    """Latency and memory of files on this machine.

    Batch 1, the files in turn in short rounds, a fresh process each.

    \b
    edgezoo benchmark out/*.tflite --threads 1,2
    """
    from .evaluate import benchmark_files

    with _stdout_for_json():
        size = input_size and (input_size, input_size)
        document = benchmark_files(files, threads=threads, image_size=size)
    if as_json:
        return _print_json(document)
    _print_latency(document)


@main.command()
@files
@data
@click.option("-o", "--output", required=True, metavar="REPORT", type=_path, help="Folder of the report.")
@split
@limit
@threads
@skip_bad
@as_json
def compare(files, data, output, split, limit, threads, skip_bad, as_json):
    """Accuracy, latency and size of FILEs side by side.

    Writes REPORT/results.json, results.csv and report.html.

    \b
    edgezoo compare runs/strided_s/model.keras out/*.tflite --data fashion_mnist -o report
    """
    from .evaluate import compare_files

    with _stdout_for_json():
        document = compare_files(
            files, _load_data_for(files, data, skip_bad), output, split=split, limit=limit, threads=threads
        )
    if as_json:
        return _print_json(document)
    _print_comparison(document)
    _console().print(f"report: {os.path.join(output, 'report.html')}")


@main.command()
@click.argument("files", nargs=-1, metavar="[FILE...]", type=_path)
@click.option("--image", metavar="IMG", type=_path, help="A picture, PNG, JPEG, WebP, BMP or GIF.")
@click.option("-o", "--output", required=True, metavar="OUT", type=_path, help=".png or .svg file to write.")
@click.option(
    "--what", type=click.Choice(list(QUESTIONS)), default="feature-maps", show_default=True, help="What to show."
)
@click.option("--layer", metavar="PATTERN", help="Layers by name; * and ? stand for any text or letter.")
@click.option("--compare", metavar="FILE", type=_path, help="Another form of the network, beside its feature maps.")
@click.option("--edges", metavar="IMG", type=_path, help="No model: four hand-set edge filters over a picture.")
@click.option("--flatten", metavar="IMG", type=_path, help="No model: a picture's pixels as a dense layer gets them.")
@click.option("--labels", metavar="FILE", type=_path, help="Class names, one a line (default: the run's or bundle's).")
@click.option("--seed", type=int, default=0, show_default=True, help="Of activation-maximization.")
@as_json
def explain(files, image, output, what, layer, compare, edges, flatten, labels, seed, as_json):
    """What a model sees: pictures of its filters, feature maps and answers.

    Of .keras and .tflite files; saliency, grad-cam and activation-maximization need gradients, so a .keras file. With
    several FILEs each picture's name ends in that of its file.

    \b
    edgezoo explain model.keras --image shoe.png -o maps.png
    edgezoo explain model.keras --image shoe.png --what grad-cam -o where.png
    edgezoo explain model.keras --image shoe.png --compare model_int8.tflite -o int8.png
    edgezoo explain --edges photo.jpg -o edges.png
    """
    from .common.progress import note
    from .explain import explain as explain_model
    from .explain import show_edges, show_flattened

    alone = {"edges": (edges, show_edges), "flatten": (flatten, show_flattened)}
    if bool(files) + bool(edges) + bool(flatten) != 1:
        raise click.UsageError("give model FILEs, or --edges IMG, or --flatten IMG.")
    documents = []
    with _stdout_for_json():
        for name, (picture, show) in alone.items():
            if picture:
                changes = show(picture, output)
                notes = [changes] if changes else []
                documents.append({"image": picture, "what": name, "output": output, "notes": notes})
        for file in files:
            stem, suffix = os.path.splitext(output)
            name = os.path.splitext(os.path.basename(file))[0]
            path = output if len(files) == 1 else f"{stem}_{name}{suffix}"
            options = {"image": image, "layer": layer, "compare": compare, "labels": labels, "seed": seed}
            documents.append(explain_model(file, what, path, **options))
    if as_json:
        return _print_json(documents[0] if len(documents) == 1 else {"pictures": documents})
    for document in documents:
        for text in document["notes"]:
            note(text)
        if document.get("differences"):
            _table(
                "Feature maps: " + " against ".join((document["file"], compare)),
                ["layer", ">rms difference", ">largest", ">quantization step"],
                [
                    (
                        row["layer"],
                        f"{row['rms']:.3g}",
                        f"{row['max']:.3g}",
                        f"{row['step']:.3g}" if row["step"] else "",
                    )
                    for row in document["differences"]
                ],
            )
        click.echo(document["output"])


def _experiments():
    from .experiments import experiments

    return [row["name"] for row in experiments()]


@main.command()
@click.argument("name", required=False, shell_complete=_names_or_files(_experiments))
@click.option(
    "--data",
    default="fashion_mnist",
    show_default=True,
    metavar="D",
    shell_complete=_complete_data,
    help="A data set's name, a folder of images, or an .npz file.",
)
@click.option("-o", "--output", metavar="DIR", type=_path, help="Folder to write to.  [default: experiment-NAME]")
@click.option("--quick", is_flag=True, help="Tiny networks, few images: shows that it runs, not what it finds.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of weights, training and permutation.")
@skip_bad
@as_json
def experiment(name, data, output, quick, seed, skip_bad, as_json):
    """What convolution is worth: questions that trainings answer.

    Without NAME: a list. Each writes plot.png, results.csv, results.json and summary.md; stopped, the same command goes
    on.

    \b
    edgezoo experiment
    edgezoo experiment permuted-pixels -o shuffled
    """
    from .experiments import experiments, run_experiment

    if name is None:
        if as_json:
            return _print_json({"experiments": experiments()})
        return _table("Experiments", ["name", "question"], [(row["name"], row["question"]) for row in experiments()])
    output = output or f"experiment-{name}"
    with _stdout_for_json():
        document = run_experiment(name, _load_data(data, skip_bad), output, quick=quick, seed=seed)
    if as_json:
        return _print_json(document)
    click.echo(document["summary"])
    click.echo(os.path.join(output, "plot.png"))


@main.command()
@as_json
def doctor(as_json):
    """Versions, devices, runtimes, compilers, and what is missing."""
    from .doctor import examine

    with _stdout_for_json():
        document = examine()
    if as_json:
        return _print_json(document)
    _table(
        "edgezoo doctor",
        ["what", "state", "detail"],
        [(row["what"], row["state"], row["detail"]) for row in document["checks"]],
    )


@main.command()
@click.option("--data", default="fashion_mnist", show_default=True, metavar="D", shell_complete=_complete_data)
@output
@click.option("--model", default="strided_s", show_default=True, shell_complete=_complete_model, help="A model's name.")
@skip_bad
@as_json
def quickstart(data, output, model, skip_bad, as_json):
    """The main job in one go, from build to report.

    Builds, trains, exports in four number formats, evaluates, times and reports. Run again with the same folder, it
    goes on where it was interrupted.

    \b
    edgezoo quickstart -o demo
    edgezoo quickstart --data ./flowers -o flowers-demo
    """
    from .quickstart import quickstart as run
    from .zoo.registry import entry

    entry(model)  # a wrong name is said before the data are read
    with _stdout_for_json():
        document = run(_load_data(data, skip_bad), output, model=model)
    if as_json:
        return _print_json(document)
    _print_comparison(document)
    _console().print(f"report: {os.path.join(output, 'report.html')}")


# -- tables of measurements -------------------------------------------------------------------------------------------


def _interval(row):
    low, high = row["top1_ci95"]
    return f"{100 * row['top1']:.2f} % [{100 * low:.2f}, {100 * high:.2f}]"


def _milliseconds(value):
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def _print_accuracy(document):
    _table(
        f"Accuracy on {document['dataset']['name']} ({document['dataset']['split']})",
        ["file", ">images", ">top-1 [95 % interval]", ">bytes"],
        [(row["file"], f"{row['n']:,}", _interval(row), f"{row['size_bytes']:,}") for row in document["results"]],
    )
    if document["pairs"]:
        _table(
            "On the same images (McNemar's test)",
            ["a", "b", ">agreement", ">a − b", ">p"],
            [
                (
                    pair["a"],
                    pair["b"],
                    f"{100 * pair['agreement']:.2f} %",
                    f"{100 * pair['difference']:+.2f} points",
                    f"{pair['mcnemar_p']:.3f}",
                )
                for pair in document["pairs"]
            ],
        )


def _print_latency(document):
    _table(
        f"Latency on {document['environment']['cpu']}, one image, in ms",
        ["file", ">threads", ">p50", ">p5", ">p95", ">p99", ">first", ">init", ">peak RSS", ">delegated", ">runs"],
        [
            (
                row["file"],
                row["threads"],
                *(_milliseconds(row["latency_ms"][p]) for p in ("p50", "p5", "p95", "p99")),
                _milliseconds(row["first_ms"]),
                _milliseconds(row["init_ms"]),
                row["peak_rss_bytes"] and f"{row['peak_rss_bytes'] / 2**20:.0f} MiB",
                row["delegated"] and f"{row['delegated']['operators']} of {row['delegated']['of']}",
                f"{row['runs']:,}",
            )
            for row in document["results"]
        ],
    )


def _print_comparison(document):
    from .evaluate import summary_rows

    _table(
        document["title"],
        ["file", ">top-1 [95 % interval]", ">agrees with float", ">bytes", ">threads", ">p50 ms", ">p95 ms"],
        [
            (
                row["file"],
                _interval({**row, "top1_ci95": (row["top1_low"], row["top1_high"])}),
                row["agreement"] and f"{100 * row['agreement']:.2f} %",
                f"{row['size_bytes']:,}",
                row["threads"],
                _milliseconds(row["p50_ms"]),
                _milliseconds(row["p95_ms"]),
            )
            for row in summary_rows(document)
        ],
    )
    for sentence in document["notes"]:
        _console().print(f"Note: {sentence}", markup=False)
