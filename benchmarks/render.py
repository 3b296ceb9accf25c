"""Writes the generated sections of README and docs from results files and from the program itself.

    python benchmarks/render.py            # writes
    python benchmarks/render.py --check    # exit 1 if anything would change

A section lies between ``<!-- generated: NAME -->`` and ``<!-- end -->``.
"""

import dataclasses
import inspect
import json
import os
import re
import sys
from pathlib import Path

import click

from edgezoo.cli import main as program
from edgezoo.evaluate import summary_rows
from edgezoo.evaluate.plots import accuracy_plot, short_names
from edgezoo.train import Recipe
from edgezoo.zoo.catalog import catalog

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
PLOT = ROOT / "docs" / "images" / "quickstart.png"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SECTION = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(header, rows):
    """A Markdown table; columns whose header starts with ``>`` are aligned to the right."""
    lines = [
        "| " + " | ".join(cell.lstrip(">") for cell in header) + " |",
        "| " + " | ".join("---:" if cell.startswith(">") else "---" for cell in header) + " |",
        *("| " + " | ".join(str(cell).replace("|", r"\|") for cell in row) + " |" for row in rows),
    ]
    return "\n".join(lines)


def catalog_section(page):
    """The named models."""
    return table(
        ["name", "family", ">parameters", ">MACs", ">peak RAM (bytes)", "what"],
        [
            (
                f"`{row['name']}`",
                row["family"],
                f"{row['params']:,}",
                f"{row['macs']:,}",
                f"{row['peak_activation_bytes']:,}",
                row["summary"],
            )
            for row in catalog()
        ],
    )


def quickstart_results():
    """What ``make results`` measured."""
    return json.loads((RESULTS / "quickstart.json").read_text(encoding="utf-8"))


def draw_plots():
    """Draws the pictures that the pages show."""
    PLOT.parent.mkdir(exist_ok=True)
    figure = accuracy_plot(summary_rows(quickstart_results()), "latency")
    figure.savefig(PLOT, dpi=110, facecolor="white", metadata={"Software": None})


def quickstart_section(page):
    """The quickstart's files: table, plot, and where the numbers are from."""
    document = quickstart_results()
    rows = summary_rows(document)
    names = short_names([row["file"] for row in rows])
    figures = table(
        [
            "file",
            ">top-1 [95 % interval]",
            ">agrees with Keras",
            ">bytes",
            ">p50 ms",
            ">p95 ms",
            ">operators in XNNPACK",
        ],
        [
            (
                f"`{name}`",
                f"{100 * row['top1']:.2f} % [{100 * row['top1_low']:.2f}, {100 * row['top1_high']:.2f}]",
                "" if row["agreement"] is None else f"{100 * row['agreement']:.2f} %",
                f"{row['size_bytes']:,}",
                f"{row['p50_ms']:.3f}",
                f"{row['p95_ms']:.3f}",
                "" if row["delegated"] is None else f"{row['delegated']} of {row['operators']}",
            )
            for name, row in zip(names, rows, strict=True)
        ],
    )
    environment = document["environment"]
    source = (
        f"{rows[0]['n']:,} test images of {document['dataset']['name']}; one thread of "
        f"{environment['cpu']}, {environment['cores']} cores, batch 1, "
        f"LiteRT {environment['packages']['ai-edge-litert']}; {environment['time'][:10]}."
    )
    image = f"![Accuracy against latency]({os.path.relpath(PLOT, page.parent)})"
    return "\n\n".join([figures, source, *document["notes"], image])


def cli_section(page):
    """Help texts of all commands."""
    parts = []
    for name, command in program.commands.items():
        context = click.Context(command, info_name=f"edgezoo {name}", max_content_width=100)
        parts.append(f"## {name}\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(parts)


def recipe_section(page):
    """Every setting of a recipe with its default, from the class itself."""
    meanings = dict(re.findall(r"^    (\w+): (.*(?:\n        .*)*)", inspect.getdoc(Recipe), re.MULTILINE))
    rows = []
    for field in dataclasses.fields(Recipe):
        meaning = " ".join(meanings[field.name].split()).replace("``", "`")
        rows.append((f"`{field.name}`", f"`{json.dumps(field.default)}`", meaning))
    return table(["setting", "default", "meaning"], rows)


def render(page):
    """The text of a page with its generated sections filled in."""
    makers = {
        "catalog": catalog_section,
        "cli": cli_section,
        "quickstart": quickstart_section,
        "recipe": recipe_section,
    }
    return SECTION.sub(
        lambda match: f"{match[1]}\n{makers[match[2]](page)}\n\n{match[3]}", page.read_text(encoding="utf-8")
    )


if __name__ == "__main__":
    stale = [page for page in PAGES if render(page) != page.read_text(encoding="utf-8")]
    if "--check" in sys.argv[1:]:
        sys.exit(f"Error: run `python benchmarks/render.py`; stale: {', '.join(p.name for p in stale)}" if stale else 0)
    draw_plots()
    for page in stale:
        page.write_text(render(page), encoding="utf-8")
