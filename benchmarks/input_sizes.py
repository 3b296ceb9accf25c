"""What a global-pooling network that was trained at many sizes answers at each of them.

    python benchmarks/input_sizes.py [MODEL] [--data fashion_mnist]

Exports the shipped weights as int8 at every size, and evaluates each file on the test images, resized for it.
"""

from pathlib import Path

import click
from documents import write_results
from script import run

from edgezoo.datasets import load_dataset
from edgezoo.evaluate import evaluate_files
from edgezoo.export import Calibration, export_model
from edgezoo.zoo import build

SIZES = (20, 24, 28, 32, 36, 40, 44)


@click.command()
@click.argument("name", default="global_m")
@click.option("--data", default="fashion_mnist", show_default=True)
@click.option("--output", default="build/input_sizes", show_default=True, help="Folder of the exported files.")
def main(name, data, output):
    """Evaluate model NAME at several input sizes."""
    dataset = load_dataset(data)
    trained = Path(output) / f"{name}.keras"
    trained.parent.mkdir(parents=True, exist_ok=True)
    build(name, weights=data, input_shape=(None, None, dataset.input_shape[2])).save(trained)
    files = export_model(
        trained, trained.parent / "bundle", ("int8",), calibration=Calibration.draw(dataset), input_sizes=SIZES
    )
    evaluated = evaluate_files(files, dataset)["results"]
    rows = [
        {"model": name, "side": side, **{key: result[key] for key in ("sha256", "n", "top1", "top1_ci95")}}
        for side, result in zip(SIZES, evaluated, strict=True)
    ]
    write_results("input_sizes", {"dataset": data, "results": rows})
    for row in rows:
        print(f"{row['side']} px: {100 * row['top1']:.2f} %")


if __name__ == "__main__":
    run(main)
