"""What the targets make of the zoo: where the operators of every network run, cycles, memory.

    python benchmarks/targets.py [--data fashion_mnist]

The trained networks, and one with squeeze-and-excite, which the zoo has only as an option, become the files that each
target ships, int8 for all but GPUs, calibrated on training images. Nothing is timed here: cycles are estimates of the
target's compiler.
"""

from pathlib import Path

import click
from documents import write_results
from script import run

from edgezoo.common.files import sha256
from edgezoo.datasets import load_dataset
from edgezoo.export import TARGETS, Calibration, export_model
from edgezoo.export.forms import form_for
from edgezoo.export.fresh import settle
from edgezoo.export.targets.checking import ACCELERATOR
from edgezoo.inspection import read_graph
from edgezoo.zoo import build, list_models
from edgezoo.zoo.weights import datasets_with_weights

#: Networks that no trained weights are there for: name → what ``build`` is called with.
UNTRAINED = {"strided_lite, squeeze_excite": ("strided_lite", {"squeeze_excite": True})}


def networks(dataset, folder):
    """``{name: (.keras file, whether it is trained)}``, written to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for name in list_models():
        if dataset.name in datasets_with_weights(name):
            model = build(name, weights=dataset.name)
            found[name] = _saved(model, folder / f"{name}.keras"), True
    for name, (base, options) in UNTRAINED.items():
        model = build(base, input_shape=dataset.input_shape, classes=len(dataset.class_names), **options)
        settle(model, dataset.train.read(range(64)))
        found[name] = _saved(model, folder / f"{name.replace(', ', '_')}.keras"), False
    return found


def _saved(model, path):
    model.save(path)
    return path


def targets():
    """Names of the targets that can be asked."""
    return [name for name, each in TARGETS.items() if each.check]


def row_of(name, path, target, scheme):
    """One row of the results: a file in a number format on a target."""
    check = TARGETS[target].check(str(path))
    graph = read_graph(path)
    ends = [(*each.inputs, *each.outputs) for each in graph.operators]
    floats = [any(graph.tensors[index].dtype == "float32" for index in each if index >= 0) for each in ends]
    elsewhere = [each for each in check.operators if each.where != ACCELERATOR]
    return {
        "model": name,
        "target": target,
        "scheme": scheme,
        "has_accelerator": TARGETS[target].has_accelerator,
        "by": check.by,
        "sha256": sha256(path),
        "file_bytes": path.stat().st_size,
        "operators": len(graph.operators),
        "float_operators": sum(floats),
        "refused": check.refused,
        "accelerated": check.counts[ACCELERATOR],
        "elsewhere": sorted({(each.op, each.where, each.reason) for each in elsewhere if each.reason}),
        "memory": {kind: memory["bytes"] for kind, memory in check.memory.items()},
        "cycles": check.figures.get("cycles"),
    }


@click.command()
@click.option("--data", default="fashion_mnist", show_default=True)
@click.option("--output", default="build/targets", show_default=True, help="Folder of the exported files.")
def main(data, output):
    """Exports the zoo for every target and checks it there."""
    dataset, output = load_dataset(data), Path(output)
    calibration, rows, trained = Calibration.draw(dataset), [], []
    for name, (source, is_trained) in networks(dataset, output).items():
        trained += [name] * is_trained
        made = {}
        for target in targets():
            form = form_for(TARGETS[target])
            if form not in made:
                out = output / f"{source.stem}{'' if form.per_channel_dense else '_per_layer'}"
                (made[form],) = export_model(
                    source,
                    out,
                    (form.scheme,),
                    io=form.io,
                    calibration=calibration,
                    per_channel_dense=form.per_channel_dense,
                )
            rows.append(row_of(name, made[form], target, form.scheme))
            print(f"{name}, {target}: {rows[-1]['accelerated']} of {rows[-1]['operators']}", flush=True)
    write_results("targets", {"dataset": data, "trained": trained, "rows": rows})


if __name__ == "__main__":
    run(main)
