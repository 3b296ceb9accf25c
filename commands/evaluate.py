"""``edgezoo evaluate``."""

import os

import click

from . import options, sizing
from .output import json_or_table, line, table


@click.command("evaluate")
@options.files
@options.data
@options.split
@options.limit
@options.classes_by_position
@options.pixels
@sizing.image_size
@sizing.fit
@options.runtimes
@options.devices
@options.delegate
@click.option("--against", metavar="FILE", type=options.PATH, help="One more file; with --layers the float one.")
@click.option("--layers", is_flag=True, help="Where quantized FILEs lose: the noise of each layer, and why.")
@click.option("-o", "--output", metavar="FILE.png", type=options.PATH, help="Picture of that, .png or .svg.")
@options.skip_bad
@options.custom
@json_or_table
@click.pass_context
def command(ctx, files, data, image_size, fit, skip_bad, against, layers, output, **how):
    """Accuracy of .keras and .tflite files on the same images.

    With 95 % intervals, and McNemar's test for every two files.

    With --layers, quantized .tflite files are held against the float model that they were made from: for each layer the
    ratio of signal to quantization noise in dB, with all noise and with its own alone, and the cosine between both
    outputs. The worst layers are named, and why. It looks at 100 validation images, or as --split and --limit say.

    \b
    edgezoo evaluate runs/strided_s/model.keras out/*.tflite --data fashion_mnist
    edgezoo evaluate out/strided_s_int8.tflite --data fashion_mnist --runtime litert --runtime tflm
    edgezoo evaluate out/*.tflite --data fashion_mnist --device local --device ssh://pi@raspberrypi
    edgezoo evaluate out/model_int8.tflite --against runs/strided_s/model.keras --layers --data fashion_mnist
    """
    loading = {"image_size": image_size, "fit": fit, "skip_bad": skip_bad}
    if layers:
        yield from _layers(ctx, files, against, data, loading, output, how)
    elif output:
        raise click.UsageError("-o is for --layers.")
    else:
        yield from _accuracy(files if against is None else (*files, against), data, loading, **how)


def _accuracy(files, data, loading, runtimes, devices, **how):
    from ..common.environment import cores
    from ..runtime import started_ahead

    # A wrong name is said here, before the data are read.
    with started_ahead(files, cores() if "local" in devices else 0, runtimes):
        from ..datasets import load_dataset
        from ..evaluate import evaluate_files, tabulate
        from ..evaluate.by_class import class_table

        dataset = load_dataset(data, **loading)
        how["fit"] = loading["fit"] and dataset.fit
        document = evaluate_files(files, dataset, runtimes=runtimes, devices=devices, **how)
    yield document
    dataset = document["dataset"]
    table(f"Accuracy on {dataset['name']} ({dataset['split']})", *tabulate(document, "accuracy"))
    table(*class_table(document))
    if document["pairs"]:
        table("On the same images (McNemar's test)", *tabulate(document, "pairs"))


def _layers(ctx, files, against, data, loading, output, how):
    if against is None:
        raise click.UsageError("--layers needs the float model that the files were made from: --against model.keras.")
    for name in ("runtimes", "devices", "delegate", "classes_by_position"):
        if options.is_given(ctx, name):
            raise click.UsageError("--layers looks into files in LiteRT, here; it takes no runtime, device or classes.")
    split = how["split"] if options.is_given(ctx, "split") else "validation"
    if split == "test":
        raise click.UsageError("--layers looks at validation or training images: test images choose nothing.")
    from ..datasets import load_dataset
    from ..evaluate import debug_files, draw_layers, layer_rows, worst_in_words

    pictures = _pictures(files, output)
    dataset = load_dataset(data, **loading)
    asked = {"limit": how["limit"], "pixels": how["pixels"], "fit": loading["fit"] and dataset.fit}
    documents = debug_files(files, against, dataset, split=split, **asked)
    for document, picture in zip(documents, pictures, strict=True):
        if picture:
            from ..common.figures import save

            save(draw_layers(document), picture)
    yield documents[0] if len(documents) == 1 else {"files": documents}
    for document in documents:
        used = document["dataset"]
        line(f"{document['file']} against {against}, {used['used']} {used['split']} images of {used['name']}")
        table(None, *layer_rows(document))
        for sentence in worst_in_words(document):
            line(sentence)


def _pictures(files, output):
    """The picture of each file; of several, its name ends in that of the file."""
    from ..common.figures import require_format
    from ..inspection.files import model_name

    if output is None:
        return [None] * len(files)
    stem, suffix = os.path.splitext(output)
    pictures = [output] if len(files) == 1 else [f"{stem}_{model_name(file)}{suffix}" for file in files]
    for picture in pictures:
        require_format(picture)
    return pictures
