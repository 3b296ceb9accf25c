"""How long training takes to an accuracy on validation images: edgezoo's way against the stock way.

    python benchmarks/time_to_accuracy.py       # nothing else should run meanwhile

The stock way is that of Keras' introductions: the images in memory, ``compile("adam")`` and ``fit`` with their default
settings. Both train the same network from the same images with all cores, each in a process of its own, in turn. The
time runs from the start of the process to the end of the first epoch with the accuracy. The stock way is ended when it
has taken three and a half times as long as edgezoo's; its time is then a lower bound. Writes
``results/time_to_accuracy.json``, with the accuracy after each epoch.
"""

import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
from documents import write_results
from script import run

from edgezoo.common.errors import EdgezooError
from edgezoo.common.progress import note
from edgezoo.common.quiet import import_tensorflow
from edgezoo.datasets import load_dataset
from edgezoo.zoo import build

#: How many times as long as edgezoo's way the stock way is waited for.
PATIENCE = 3.5
_MANY_EPOCHS = 1000


def stock(model, dataset, seed, target, deadline):
    """Validation accuracies up to the first with ``target``, or the first behind ``deadline``, and the time at the end
    of its epoch."""
    import keras
    import numpy as np

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs):
            accuracies.append(logs["val_accuracy"])
            note(f"epoch {epoch + 1}: val_accuracy {logs['val_accuracy']:.4f}")
            self.model.stop_training = logs["val_accuracy"] >= target or time.time() > deadline

    accuracies = []
    parts = [(part.read(np.arange(len(part))), part.labels) for part in (dataset.train, dataset.validation)]
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(*parts[0], validation_data=parts[1], epochs=_MANY_EPOCHS, callbacks=[Stop()], verbose=0)
    return accuracies, time.time()


def ours(model, dataset, seed, target, deadline):
    """The same for ``edgezoo.train.fit`` with the recipe ``fashion_mnist_fast``, which ends after its few epochs."""
    from edgezoo.train import Recipe, fit

    with tempfile.TemporaryDirectory() as folder:
        result = fit(model, dataset, Path(folder) / "run", Recipe.load("fashion_mnist_fast", seed=seed))
    end = time.time()
    # Start-up, validation and checkpoints count as well: everything up to the end, less the epochs behind the target.
    first = next((row["epoch"] for row in result.history if row["val_accuracy"] >= target), result.epochs)
    behind = sum(row["seconds"] for row in result.history[first:])
    return [row["val_accuracy"] for row in result.history[:first]], end - behind


WAYS = {"edgezoo": ours, "stock": stock}


@click.command()
@click.option("--model", default="pooled_avg_m", show_default=True, help="A model's name.")
@click.option("--data", default="fashion_mnist", show_default=True)
@click.option("--target", default=0.93, show_default=True, help="Accuracy on the validation images.")
@click.option("--rounds", default=1, show_default=True, help="Times that each way is timed.")
@click.option("--one", nargs=3, type=str, hidden=True, help="Train in this process: WAY SEED DEADLINE.")
def main(model, data, target, rounds, one):
    """Time both ways."""
    if one:
        import_tensorflow()
        import keras

        way, seed, deadline = one[0], int(one[1]), float(one[2])
        dataset = load_dataset(data)
        keras.utils.set_random_seed(seed)
        network = build(model, input_shape=dataset.input_shape, classes=len(dataset.class_names))
        return print(json.dumps(WAYS[way](network, dataset, seed, target, deadline)))

    seconds, epochs = {way: [] for way in WAYS}, {way: [] for way in WAYS}
    for seed in range(rounds):
        deadline = math.inf
        for way in WAYS:
            start = time.time()
            arguments = [sys.executable, __file__, "--model", model, "--data", data, "--target", str(target)]
            child = subprocess.run(
                [*arguments, "--one", way, str(seed), str(deadline)], stdout=subprocess.PIPE, text=True
            )
            if child.returncode:
                raise EdgezooError(f"{way} failed; what it printed tells why.")
            accuracies, end = json.loads(child.stdout)
            if way == "edgezoo" and accuracies[-1] < target:
                raise EdgezooError(f"edgezoo's way did not reach {target} with seed {seed}; see what it printed.")
            seconds[way].append(end - start)
            epochs[way].append(accuracies)
            deadline = time.time() + PATIENCE * seconds["edgezoo"][-1]
            note(f"{way}: {seconds[way][-1]:.1f} s, {len(accuracies)} epochs")
    medians = {way: statistics.median(values) for way, values in seconds.items()}
    document = {
        "model": model,
        "dataset": data,
        "target": target,
        "seconds": seconds,
        "val_accuracy": epochs,
        "reached": {way: [values[-1] >= target for values in runs] for way, runs in epochs.items()},
        "ratio": medians["edgezoo"] / medians["stock"],
    }
    write_results("time_to_accuracy", document)
    note(f"edgezoo takes {document['ratio']:.2f} times as long as the stock way")


if __name__ == "__main__":
    run(main)
