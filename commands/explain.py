"""``edgezoo explain``."""

import click

from . import options
from .output import json_or_table, plain, table


def _questions():
    from ..explain.questions import QUESTIONS

    return QUESTIONS


@click.command("explain")
@click.argument("files", nargs=-1, metavar="[FILE...]", type=options.PATH)
@click.option("--image", metavar="IMG", type=options.PATH, help="A picture, PNG, JPEG, WebP, BMP, GIF or TIFF.")
@click.option("-o", "--output", required=True, metavar="OUT", type=options.PATH, help=".png or .svg file to write.")
@click.option("--what", type=options.Names(_questions), default="feature-maps", show_default=True, help="What to show.")
@click.option("--layer", metavar="PATTERN", help="Layers by name; * and ? stand for any text or letter.")
@click.option(
    "--compare", metavar="FILE", type=options.PATH, help="Another form of the network, beside its feature maps."
)
@click.option("--edges", metavar="IMG", type=options.PATH, help="No model: four hand-set edge filters over a picture.")
@click.option(
    "--flatten", metavar="IMG", type=options.PATH, help="No model: a picture's pixels as a dense layer gets them."
)
@click.option(
    "--labels", metavar="FILE", type=options.PATH, help="Class names, one a line (default: the run's or bundle's)."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of activation-maximization.")
@options.pixels
@options.custom
@json_or_table
def command(files, output, what, edges, flatten, **settings):
    """What a model sees: pictures of its filters, feature maps and answers.

    Of .keras and .tflite files; saliency, grad-cam and activation-maximization need gradients, so a .keras file. With
    several FILEs each picture's name ends in that of its file.

    \b
    edgezoo explain model.keras --image shoe.png -o maps.png
    edgezoo explain model.keras --image shoe.png --what grad-cam -o where.png
    edgezoo explain model.keras --image shoe.png --compare model_int8.tflite -o int8.png
    edgezoo explain --edges photo.jpg -o edges.png
    """
    from ..explain import explain_files, show_edges, show_flattened

    if bool(files) + bool(edges) + bool(flatten) != 1:
        raise click.UsageError("give model FILEs, or --edges IMG, or --flatten IMG.")
    if edges:
        documents = [_without_model("edges", show_edges, edges, output)]
    elif flatten:
        documents = [_without_model("flatten", show_flattened, flatten, output)]
    else:
        documents = explain_files(files, what, output, **settings)
    yield documents[0] if len(documents) == 1 else {"pictures": documents}
    for document in documents:
        _print_picture(document, settings["compare"])


def _without_model(name, show, picture, output):
    changes = show(picture, output)
    return {"image": picture, "what": name, "output": output, "notes": [changes] if changes else []}


def _print_picture(document, other):
    from ..common.progress import note

    for text in document["notes"]:
        note(text)
    if document.get("differences"):
        table(
            f"Feature maps: {document['file']} against {other}",
            ["layer", ">rms difference", ">largest", ">quantization step"],
            [
                (row["layer"], f"{row['rms']:.3g}", f"{row['max']:.3g}", f"{row['step']:.3g}" if row["step"] else "")
                for row in document["differences"]
            ],
        )
    plain(document["output"])
