"""The sections of the docs that list what is registered, or tested: each new thing appears in them by itself."""

import inspect
import json
import runpy
from pathlib import Path

from markdown import table

from edgezoo.datasets.named import NAMED
from edgezoo.evaluate import COLUMNS
from edgezoo.evaluate.column import VIEWS
from edgezoo.explain.questions import QUESTIONS
from edgezoo.export import SCHEMES, TARGETS
from edgezoo.runtime import RUNTIMES
from edgezoo.runtime.devices import DEVICES
from edgezoo.zoo.families import FAMILIES

EDGETPU = Path(__file__).parent / "results" / "edgetpu_placements.json"


def families_section(page):
    """The families, with the first sentence of each one's docstring."""

    def about(family):
        return " ".join(inspect.getdoc(family.builder).partition("\n\n")[0].split())

    return table(["family", "what"], [(f"`{name}`", about(family)) for name, family in FAMILIES.items()])


def datasets_section(page):
    """The data sets known by name."""
    return table(
        ["name", "classes", "image", "where from"],
        [
            (f"`{name}`", len(named.class_names), "×".join(map(str, named.image_shape)), named.how)
            for name, named in NAMED.items()
        ],
    )


def schemes_section(page):
    """The number formats."""

    def ends(scheme):
        first, *others = scheme.io_types
        return f"`--io {first}` (default), {' or '.join(f'`{io}`' for io in others)}" if others else first

    return table(
        ["`--quantize`", "weights", "activations", "input and output"],
        [(f"`{name}`", scheme.weights, scheme.activations, ends(scheme)) for name, scheme in SCHEMES.items()],
    )


def runtimes_section(page):
    """What runs files here."""
    return table(
        ["`--runtime`", "what", "files", "package"],
        [
            (
                f"`{name}`",
                runtime.description,
                ", ".join(f"`.{kind}`" for kind in runtime.files),
                f"`{runtime.how}`" if runtime.how else "comes with edgezoo",
            )
            for name, runtime in RUNTIMES.items()
        ],
    )


def targets_section(page):
    """The devices."""
    return table(
        ["target", "runtime", "takes", "tool that is looked for"],
        [(f"`{name}`", target.runtime, target.takes, target.tool.how) for name, target in TARGETS.items()],
    )


def edgetpu_section(page):
    """How well the rules for the Edge TPU explain, and foresee, what its compiler did."""

    def line(label, row):
        off = row["parameter_bytes_mean_error"]
        return (
            label,
            row["networks"],
            f"{row['on_cpu_called_accelerated']:,} of {row['on_cpu']:,}",
            f"{row['mapped_called_cpu']:,} of {row['mapped']:,}",
            "-" if off is None else f"{off:.1%}",
        )

    return table(
        [
            "which",
            ">networks",
            ">on the CPU, called accelerated",
            ">mapped, called `cpu`",
            ">bytes of parameters, mean error",
        ],
        [line(*each) for each in json.loads(EDGETPU.read_text(encoding="utf-8")).items()],
    )


def devices_section(page):
    """The kinds of devices that files are measured on."""
    return table(["`--device`", "what"], [(f"`{device.form}`", device.description) for device in DEVICES.values()])


def questions_section(page):
    """What can be asked of a model."""
    return table(
        ["`--what`", "shows", "`.tflite`"],
        [
            (f"`{name}`", question.summary, "no gradients" if question.needs_gradients else "yes")
            for name, question in QUESTIONS.items()
        ],
    )


def columns_section(page):
    """The columns of a comparison, and which tables show them."""
    return table(
        ["column", "what", "shown by"],
        [
            (f"`{column.name}`", column.meaning, ", ".join(VIEWS[view] for view in column.views) or "results.csv alone")
            for column in COLUMNS.values()
        ],
    )


def forms_section(page):
    """The forms of Keras models × commands, from the tests that go through them."""
    tested = runpy.run_path(str(Path(__file__).resolve().parents[1] / "tests" / "forms.py"))
    return table(
        ["form", *(f"`{command}`" for command in tested["COMMANDS"])],
        [
            (form.title, *("refused" if form.refusal(command) else "yes" for command in tested["COMMANDS"]))
            for form in tested["FORMS"].values()
        ],
    )


REGISTRY_SECTIONS = {
    "columns": columns_section,
    "datasets": datasets_section,
    "devices": devices_section,
    "edgetpu": edgetpu_section,
    "families": families_section,
    "forms": forms_section,
    "questions": questions_section,
    "runtimes": runtimes_section,
    "schemes": schemes_section,
    "targets": targets_section,
}
