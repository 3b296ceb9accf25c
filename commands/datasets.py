"""``edgezoo datasets``."""

import click

from . import options
from .output import json_or_table, line, table


@click.command("datasets")
@click.argument("data", required=False, type=options.DATASET)
@click.option(
    "-o",
    "--output",
    metavar="FILE.png",
    type=options.PATH,
    help="Contact sheet to write (default: NAME_contact_sheet.png).",
)
@click.option("--near", is_flag=True, help="Also look for images of two splits that look alike.")
@options.skip_bad
@json_or_table
def command(data, output, near, skip_bad):
    """Known data sets, or what one holds: counts, contact sheet, images that are in two splits.

    \b
    edgezoo datasets
    edgezoo datasets ./flowers -o flowers.png
    edgezoo datasets ./flowers --near
    """
    from ..common.errors import EdgezooError
    from ..common.files import output_file, output_folder
    from ..datasets import contact_sheet, describe_dataset, known_datasets, load_dataset

    if data is None:
        rows = known_datasets()
        yield {"datasets": rows}
        _print_known(rows)
        return
    if output and not output.endswith(".png"):
        raise EdgezooError(f"the contact sheet must be named NAME.png, not {output}.")
    # Known before the images are read.
    output_file(output, "the contact sheet") if output else output_folder(".", "the contact sheet")
    dataset = load_dataset(data, skip_bad=skip_bad)
    document = describe_dataset(dataset, look_alikes=near)
    output = output or f"{dataset.name}_contact_sheet.png"
    contact_sheet(dataset, output)
    document["contact_sheet"] = output
    yield document
    _print_counts(document, dataset.class_names)
    _print_repeats(document)
    line(f"contact sheet: {output}")


def _print_known(rows):
    from ..common.text import dimensions

    table(
        "Data sets (or give a folder of images, a sub-folder per class, or an .npz file)",
        ["name", "image", ">classes", "found", "how to get it"],
        [
            (row["name"], dimensions(row["input_shape"]), row["classes"], row["found"] or "no", row["how"])
            for row in rows
        ],
    )


def _print_counts(document, class_names):
    from ..common.text import dimensions
    from ..datasets.imbalance import in_words

    counts = document["counts"]
    table(
        f"{document['name']}: {dimensions(document['input_shape'])}, {len(class_names)} classes",
        ["class", *(f">{split}" for split in counts)],
        [
            *((name, *(counts[split][name] for split in counts)) for name in class_names),
            ("all", *(sum(counts[split].values()) for split in counts)),
        ],
    )
    sizes = document["source"]["sizes"]
    smallest, largest = dimensions(sizes["smallest"]), dimensions(sizes["largest"])
    several = f"{sizes['distinct']} image sizes, from {smallest} to {largest}"
    line(several if sizes["distinct"] > 1 else f"images: {smallest}")
    if document["imbalance"]["ratio"] > 1:
        line(in_words(document["imbalance"]))


def _print_repeats(document):
    from ..datasets.repeats import in_words

    # Of folders and arrays it was said when they were loaded.
    shown = ("near",) if "identical" in document["source"] else ("identical", "near")
    for how in shown:
        for row in document.get(how, ()):
            line(in_words(row, how))
    if "near" in document and not document["near"]:
        line("no two images of different splits look alike")
