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
import statistics
import sys
from pathlib import Path

import cifar10_sections
import click
import compression_sections
import finetuning_sections
import house
from documents import RESULTS, results
from dominance import COSTS, dominators
from markdown import percent, table
from registry_sections import REGISTRY_SECTIONS
from target_sections import TARGET_SECTIONS

from edgezoo.cli import main as program
from edgezoo.common.files import csv_text, write_text
from edgezoo.common.text import dimensions
from edgezoo.evaluate import read_results, summary_rows, tabulate
from edgezoo.evaluate.plots import accuracy_plot
from edgezoo.experiments import EXPERIMENTS
from edgezoo.inspection.catalog import catalog
from edgezoo.train import Recipe
from edgezoo.zoo import list_models

ROOT = Path(__file__).resolve().parents[1]
QUICKSTART = RESULTS / "quickstart.json"
IMAGES = ROOT / "docs" / "images"
PLOT = IMAGES / "quickstart.png"
ROOMS = IMAGES / "architecture.svg"
ZOO_PLOTS = {"latency": IMAGES / "zoo_latency.png", "size": IMAGES / "zoo_size.png"}
#: Of the zoo's networks, those that README shows: from the fastest to the most accurate.
SHORT_LIST = ("strided_xs", "strided_s", "global_s", "pooled_blur_m", "pooled_avg_m", "ensemble_l")
EXPERIMENT_PICTURES = ROOT / "docs" / "experiments"
MODELS = ROOT / "docs" / "models.md"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SECTION = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def catalog_section(page):
    """The named models."""
    return table(
        ["name", "family", "image", ">parameters", ">MACs", ">peak RAM (bytes)", "what"],
        [
            (
                f"`{row['name']}`",
                row["family"],
                dimensions(row["input_shape"]),
                f"{row['params']:,}",
                f"{row['macs']:,}",
                f"{row['peak_activation_bytes']:,}",
                row["summary"],
            )
            for row in catalog()
        ],
    )


def zoo_rows():
    """The networks of ``results/zoo.json``, ours first and in the registry's order."""
    order = list_models()
    rows = results("zoo")["rows"]
    return sorted(rows, key=lambda row: order.index(row["name"]) if row["name"] in order else len(order))


def draw_plots():
    """Draws the pictures that the pages show."""
    IMAGES.mkdir(exist_ok=True)
    figures = {PLOT: accuracy_plot(summary_rows(read_results(QUICKSTART)), "latency")}
    zoo = results("zoo")
    timed = {entry["sha256"]: entry["latency_ms"] for entry in zoo["timed"] if entry["threads"] == 1}
    points = [
        {
            "file": row["name"],
            # The peers are gray.
            "scheme": "int8" if row["maker"] == "edgezoo" else None,
            "top1": row["int8_top1"],
            "top1_low": row["int8_low"],
            "top1_high": row["int8_high"],
            "size_bytes": row["flash_bytes"],
            "threads": 1,
            **{f"{p}_ms": timed[row["sha256"]][p] for p in ("p5", "p50", "p95")},
        }
        for row in zoo_rows()
    ]
    for against, path in ZOO_PLOTS.items():
        figures[path] = accuracy_plot(points, against)
    figures |= cifar10_sections.draw() | compression_sections.draw() | finetuning_sections.draw()
    for path, figure in figures.items():
        figure.savefig(path, dpi=110, facecolor="white", metadata={"Software": None})


def draw_rooms():
    """Draws the rooms of the package and their imports."""
    import matplotlib

    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "edgezoo"}):
        house.draw().savefig(ROOMS, metadata={"Date": None})


def rooms_section(page):
    """The rooms, what each is for and what it imports, as a picture and in words."""
    below = {room: [target for target in house.FLOORS if (room, target) in house.arrows()] for room in house.FLOORS}
    rows = [
        (f"`{room}/`", house.PURPOSES[room], ", ".join(f"`{target}`" for target in below[room]) or "nothing of ours")
        for room in reversed(house.FLOORS)
    ]
    return "\n\n".join([picture(ROOMS, page, "Rooms and imports"), table(["room", "its one job", "imports"], rows)])


def experiment_documents():
    """``{name: document}`` of the experiments that ``run_experiments.py`` has run, in their own order."""
    documents = {name: RESULTS / "experiments" / f"{name}.json" for name in EXPERIMENTS}
    return {name: json.loads(path.read_text(encoding="utf-8")) for name, path in documents.items() if path.exists()}


def draw_experiments():
    """Draws each experiment's plot, and writes its rows as CSV beside it."""
    EXPERIMENT_PICTURES.mkdir(exist_ok=True)
    for name, document in experiment_documents().items():
        figure = EXPERIMENTS[name].plot(document["rows"])
        figure.savefig(EXPERIMENT_PICTURES / f"{name}.png", dpi=110, facecolor="white", metadata={"Software": None})
        write_text(EXPERIMENT_PICTURES / f"{name}.csv", csv_text(document["rows"]))


def experiments_section(page):
    """Each experiment's question, plot, paragraph and where it comes from."""
    documents = experiment_documents()
    missing = [f"`{name}`" for name in EXPERIMENTS if name not in documents]
    parts = [f"Not run to the end yet: {', '.join(missing)}."] if missing else []
    for name, document in documents.items():
        environment = document["environment"]
        parts += [
            f"## {name}",
            document["question"],
            picture(EXPERIMENT_PICTURES / f"{name}.png", page, document["question"]),
            document["summary"],
            f"`edgezoo experiment {name}`, {environment['cpu']}, {environment['time'][:10]}; "
            f"[all rows]({os.path.relpath(EXPERIMENT_PICTURES / f'{name}.csv', page.parent)}).",
        ]
    return "\n\n".join(parts)


def picture(path, page, text):
    """A Markdown image; the path is relative to the page."""
    return f"![{text}]({os.path.relpath(path, page.parent)})"


def figure(value, form="{:,}"):
    """A cell with a number, blank where none was measured."""
    return "" if value is None else form.format(value)


def zoo_source():
    """What the numbers of the zoo's tables are of."""
    document = results("zoo")
    environment = document["environment"]
    return (
        f"Fashion-MNIST, {document['evaluated'][0]['n']:,} test images; the mean over seeds with Student's interval "
        "where there are three, else one file with Wilson's interval. Latency of the int8 file at batch 1 on "
        f"{environment['cpu']}, LiteRT {environment['packages']['ai-edge-litert']}, {environment['time'][:10]}"
    )


def int8_top1(row):
    """The accuracy of a network's int8 file in percent, with its interval."""
    return percent(row["int8_top1"], row["int8_low"], row["int8_high"])


def zoo_section(page):
    """The trained models: what they answer and what they cost."""
    rows = [
        (
            f"`{row['name']}`",
            f"{row['params']:,}",
            f"{row['macs']:,}",
            f"{row['flash_bytes']:,}",
            figure(row["tflm_arena_bytes"]),
            f"{100 * row['float_top1']:.2f}",
            int8_top1(row),
            row["seeds"],
            f"{row['p50_ms_1_thread']:.4f}",
            f"{row['p50_ms_2_threads']:.4f}",
            figure(row["ethos_u55_128_cycles"]),
            f"{row['training_seconds'] / 60:.0f}",
        )
        for row in zoo_rows()
    ]
    header = [
        "name", ">parameters", ">MACs", ">flash, bytes", ">TFLM arena, bytes", ">float top-1, %",
        ">int8 top-1, % [95 % interval]", ">seeds", ">p50 ms, 1 thread", ">2 threads", ">Ethos-U55-128 cycles",
        ">training, min",
    ]  # fmt: skip
    source = (
        f"{zoo_source()}; cycles are Vela's estimate; training on one thread, several side by side. Sizes, cycles and "
        "latency are of the file with the best validation accuracy; everything measured is in "
        "`benchmarks/results/zoo.json`."
    )
    plots = [picture(path, page, f"int8 accuracy against {against}") for against, path in ZOO_PLOTS.items()]
    return "\n\n".join([table(header, rows), source, *plots])


def zoo_short_section(page):
    """Some of the trained models, with what one asks first."""
    rows = {row["name"]: row for row in zoo_rows()}
    lines = [
        (
            f"`{name}`",
            f"{rows[name]['params']:,}",
            f"{rows[name]['macs']:,}",
            f"{rows[name]['flash_bytes']:,}",
            int8_top1(rows[name]),
            f"{rows[name]['p50_ms_1_thread']:.4f}",
        )
        for name in SHORT_LIST
    ]
    header = ["name", ">parameters", ">MACs", ">int8 file, bytes", ">top-1, % [95 % interval]", ">p50 ms, 1 thread"]
    plot = picture(ZOO_PLOTS["latency"], page, "int8 accuracy against latency")
    return "\n\n".join([table(header, lines), f"{zoo_source()}.", plot])


def input_sizes_section(page):
    """One network at several image sizes."""
    document = results("input_sizes")
    return table(
        [f"`{document['results'][0]['model']}`, int8", ">top-1, % [95 % interval]"],
        [
            (
                f"{row['side']}×{row['side']}",
                percent(row["top1"], *row["top1_ci95"]),
            )
            for row in document["results"]
        ],
    )


def imbalance_section(page):
    """What each setting for uneven classes comes to, on average over the seeds."""
    document = results("imbalance")
    found = {}
    for row in document["rows"]:
        found.setdefault(row["way"], []).append(row)
    lines = [
        (
            way,
            *(
                f"{100 * statistics.mean(values):.1f} ({100 * min(values):.1f} to {100 * max(values):.1f})"
                for values in ([row[key] for row in rows] for key in ("top1", "rare_top1"))
            ),
        )
        for way, rows in found.items()
    ]
    counts, seeds = document["train"], max(map(len, found.values()))
    source = (
        f"`{document['model']}` on Fashion-MNIST with {counts[0]:,} training images of the first class down to "
        f"{counts[-1]} of the last, {document['epochs']} epochs; {document['rows'][0]['n']:,} test images, as many of "
        f"each class. Means of {seeds} seeds, in parentheses the lowest and the highest of them."
    )
    header = ["", ">top-1, %", f">of the {document['rare']} rarest classes, %"]
    return f"{table(header, lines)}\n\n{source}"


def peers_section(page):
    """Each peer, and on each plane the cheapest network of the zoo that is at least as accurate."""
    rows = results("zoo")["rows"]
    ours = [row for row in rows if row["maker"] == "edgezoo"]
    peers = sorted((row for row in rows if row["maker"] == "peer"), key=lambda row: row["name"])

    def best(peer, cost):
        found = dominators(ours, peer, cost)
        return f"`{found[0]['name']}`, {found[0][cost] / peer[cost]:.2f}" if found else "none"

    lines = [
        (
            f"`{peer['name']}`",
            f"{100 * peer['int8_top1']:.2f}",
            f"{peer['p50_ms_1_thread']:.4f}",
            f"{peer['macs']:,}",
            f"{peer['flash_bytes']:,}",
            *(best(peer, cost) for cost in COSTS),
        )
        for peer in peers
    ]
    header = [
        "peer", ">int8 top-1, %", ">p50 ms, 1 thread", ">MACs", ">flash, bytes", "beaten in latency by, at", "in MACs",
        "in flash",
    ]  # fmt: skip
    return table(header, lines)


def time_to_accuracy_section(page):
    """How long two ways of training take to the same accuracy."""
    document = results("time_to_accuracy")
    cells = []
    for way, seconds in document["seconds"].items():
        accuracies = document["val_accuracy"][way]
        reached = all(document["reached"][way])
        cells.append(
            (
                {"stock": '`compile("adam")`, `fit`', "edgezoo": "`edgezoo.train`, `fashion_mnist_fast`"}[way],
                f"{'' if reached else 'more than '}{statistics.median(seconds):.0f}",
                ", ".join(str(len(run)) for run in accuracies),
                ", ".join(f"{100 * max(run):.2f}" for run in accuracies),
            )
        )
    header = [
        f"`{document['model']}` to {100 * document['target']:g} % on validation images", ">seconds", ">epochs",
        ">best epoch, %",
    ]  # fmt: skip
    environment = document["environment"]
    bound = "" if all(map(all, document["reached"].values())) else "At most "
    source = (
        f"{bound}{document['ratio']:.2f} of the stock way's time; whole processes on {environment['cores']} cores of "
        f"{environment['cpu']}, {environment['time'][:10]}."
    )
    return f"{table(header, cells)}\n\n{source}"


def training_profile_section(page):
    """Where a training step's time goes."""
    document = results("training_profile")
    rows = document["rows"]
    kinds = sorted({kind for row in rows for kind in row["share"]}, key=lambda kind: -rows[-1]["share"].get(kind, 0))

    def line(name, value):
        return (name, *(value(row) for row in rows))

    peaks = document["peak_flops"]
    lines = [
        line("step, ms", lambda row: f"{row['step_ms']:.1f}"),
        line("images a second", lambda row: f"{1000 * row['batch_size'] / row['step_ms']:,.0f}"),
        line(
            "that the input pipeline alone makes", lambda row: f"{row['batches_per_second'] * row['batch_size']:,.0f}"
        ),
        line("GFLOP/s", lambda row: f"{row['flops'] / 1e9:.0f}"),
        line("share of the matrix-multiply peak", lambda row: f"{row['flops'] / peaks[row['precision']]:.0%}"),
        *(line(f"time in: {kind}", lambda row, kind=kind: f"{row['share'].get(kind, 0):.0%}") for kind in kinds),
    ]
    header = ["", *(f">`{row['model']}`, {row['precision'].removeprefix('mixed_')}" for row in rows)]
    environment = document["environment"]
    source = (
        f"Peak of 2048×2048 matrices: {peaks['float32'] / 1e9:.0f} GFLOP/s in float32, "
        f"{peaks['mixed_bfloat16'] / 1e9:.0f} in bfloat16, on {environment['cores']} cores of {environment['cpu']}, "
        f"{environment['time'][:10]}. A training step counts six operations for each MAC."
    )
    return f"{table(header, lines)}\n\n{source}"


def quickstart_section(page):
    """The quickstart's files: table, plot, where the numbers are from, and what the network comes to in the zoo."""
    document = read_results(QUICKSTART)
    environment = document["environment"]
    network = document["results"][0]["model"]
    trained = next(row for row in zoo_rows() if row["name"] == network)
    zoo = f"{os.path.relpath(MODELS, page.parent)}#trained-weights"
    training = (
        f"This is a short training, of minutes. Trained in full, as it ships, `{network}` comes to "
        f"{100 * trained['int8_top1']:.2f} % in int8: [the zoo]({zoo})."
    )
    source = (
        f"{figure(document['dataset']['used'])} test images of {document['dataset']['name']}; one thread of "
        f"{environment['cpu']}, {environment['cores']} cores, batch 1, "
        f"LiteRT {environment['packages'].get('ai-edge-litert')}; {figure(environment['time'], '{:.10}')}."
    )
    parts = [table(*tabulate(document, "readme")), training, source, *(document["notes"] or ())]
    return "\n\n".join([*parts, picture(PLOT, page, "Accuracy against latency")])


def photographs_section(page):
    """What the walkthrough's files answer."""
    document = read_results(RESULTS / "photographs.json")
    return "\n\n".join(table(*tabulate(document, view)) for view in ("accuracy", "pairs"))


def cli_section(page):
    """Help texts of all commands."""
    parts = []
    for name, command in program.commands.items():
        context = click.Context(command, info_name=f"edgezoo {name}", max_content_width=100)
        parts.append(f"## {name}\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(parts)


def mutated_files_section(page):
    """What damaged files came to."""
    document = results("mutated_files")
    outcomes = ("answered", "refused", "failed")
    rows = [
        (f"`{name}`", *(figure(counts.get(outcome, 0)) for outcome in outcomes))
        for name, counts in document["outcomes"].items()
    ]
    source = (
        f"{figure(document['copies'])} damaged copies of {len(document['bases'])} files (bits flipped, truncated, "
        "words swapped, replaced and shifted, stretches copied, fields and lists changed), each made again by its "
        "number, through four commands each. The longest command took "
        f"{document['slowest_command_s']:.0f} s, the largest process {document['peak_rss_bytes'] / 1e6:.0f} MB. "
        "`benchmarks/mutated_files.py` tries them; failed is what is neither an answer nor one line."
    )
    return f"{source}\n\n{table(['command', *(f'>{outcome}' for outcome in outcomes)], rows)}"


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
        "experiments": experiments_section,
        "imbalance": imbalance_section,
        "input_sizes": input_sizes_section,
        "mutated_files": mutated_files_section,
        "peers": peers_section,
        "photographs": photographs_section,
        "quickstart": quickstart_section,
        "recipe": recipe_section,
        "rooms": rooms_section,
        "time_to_accuracy": time_to_accuracy_section,
        "training_profile": training_profile_section,
        "zoo": zoo_section,
        "zoo_short": zoo_short_section,
        **cifar10_sections.CIFAR10_SECTIONS,
        **compression_sections.COMPRESSION_SECTIONS,
        **finetuning_sections.FINETUNING_SECTIONS,
        **REGISTRY_SECTIONS,
        **TARGET_SECTIONS,
    }
    return SECTION.sub(
        lambda match: f"{match[1]}\n{makers[match[2]](page)}\n\n{match[3]}", page.read_text(encoding="utf-8")
    )


if __name__ == "__main__":
    stale = [page for page in PAGES if render(page) != page.read_text(encoding="utf-8")]
    if "--check" in sys.argv[1:]:
        sys.exit(f"Error: run `python benchmarks/render.py`; stale: {', '.join(p.name for p in stale)}" if stale else 0)
    draw_plots()
    draw_experiments()
    draw_rooms()
    for page in stale:
        page.write_text(render(page), encoding="utf-8")
