"""Whether training does on a GPU what docs/training.md says of GPUs, and how fast.

    python benchmarks/gpu.py                       # minutes on one NVIDIA GPU; nothing else should run meanwhile

Writes ``results/gpu.json`` after each check, so that what was done is kept where time runs out. Of a check that fails
it holds one line, ``failed``, and the next goes on:

* ``speeds``: images per second step by step and compiled, by precision and batch size, and what compiling took.
* ``same_weights``: largest difference of any weight after some steps of both kinds, without TF32.
* ``tf32``: largest relative error of a product of two float32 matrices with TF32 and without it.
* ``memory``: bytes of the card that are taken while this process trains, and bytes that it has.
* ``chosen``: what a training by the command line chose by itself.
* ``resume``: a training that is killed behind its first epoch and goes on, against one that is not.
* ``multiscale``: a training whose batches change their size.
"""

import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
from documents import write_results
from script import run

from edgezoo.common import gpus
from edgezoo.common.errors import EdgezooError
from edgezoo.common.progress import note
from edgezoo.common.quiet import import_tensorflow
from edgezoo.common.text import one_line
from edgezoo.datasets import load_dataset
from edgezoo.zoo import build

#: Everything that is augmented in a compiled step.
RECIPE = {"flip": "horizontal", "shift": 0.1, "crop": 0.5, "erase": 0.25, "mixup": 0.2, "cutmix": 1.0}
STEPS = 20


class Checks:
    """What is checked; each public method is one check and gives a JSON-able dict.

    Args:
        model: name of a model.
        data: name of a data set.
        batch_sizes: that speeds are measured with.
        seconds: of each measurement.
        epochs: of each training by the command line, at least 2.
    """

    def __init__(self, model, data, batch_sizes, seconds, epochs):
        self._name, self._data, self._dataset = model, data, load_dataset(data)
        self._batch_sizes, self._seconds, self._epochs = batch_sizes, seconds, epochs

    def speeds(self):
        rows = []
        for policy in ("float32", "mixed_bfloat16"):
            for batch_size in self._batch_sizes:
                row = {"precision": policy, "batch_size": batch_size}
                for way in ("steps", "compiled"):
                    row[way] = self._speed(way, policy, batch_size)
                note(json.dumps(row))
                rows.append(row)
        return {"rows": rows}

    def same_weights(self):
        from edgezoo.train.precision import tensor_float_32

        with tensor_float_32(False):
            one, other = (self._trained(way) for way in ("steps", "compiled"))
        differences = [float(abs(a - b).max()) for a, b in zip(one.weights(), other.weights(), strict=True)]
        return {"steps": STEPS, "largest_difference": max(differences)}

    def tf32(self):
        import numpy as np

        from edgezoo.train.precision import tensor_float_32

        tf = import_tensorflow()
        a, b = np.random.default_rng(0).normal(size=(2, 1024, 1024)).astype("float32")
        exact = a.astype("float64") @ b.astype("float64")
        errors = {}
        for allowed in (True, False):
            with tensor_float_32(allowed):
                product = tf.matmul(tf.constant(a), tf.constant(b)).numpy()
            errors["with" if allowed else "without"] = float(abs(product - exact).max() / abs(exact).max())
        return errors

    def memory(self):
        self._trained("steps")
        question = ["nvidia-smi", "--query-gpu=memory.used,memory.total", "--format=csv,noheader,nounits"]
        answer = subprocess.run(question, capture_output=True, text=True, check=True).stdout.splitlines()[0]
        used, total = (int(each) << 20 for each in answer.split(","))
        return {"used_bytes": used, "total_bytes": total}

    def chosen(self):
        with tempfile.TemporaryDirectory() as folder:
            record = self._train(Path(folder) / "run", self._name)
        return {key: record[key] for key in ("gpu", "precision", "execution", "devices", "results")}

    def resume(self):
        with tempfile.TemporaryDirectory() as folder:
            whole, part = Path(folder) / "whole", Path(folder) / "part"
            options = ["--recipe", str(self._recipe(folder, jit_compile=True))]
            unbroken = self._train(whole, self._name, *options)
            process = subprocess.Popen(self._command(part, self._name, *options))
            while process.poll() is None and not (part / "model.keras").exists():
                time.sleep(0.05)
            process.send_signal(signal.SIGKILL)
            process.wait()
            done = json.loads((part / "run.json").read_text())["results"]["epochs"]
            resumed = self._train(part, self._name, *options, "--resume")
        accuracies = [each["results"]["val_accuracy"] for each in (unbroken, resumed)]
        return {"killed_after_epochs": done, "of": self._epochs, "val_accuracy": accuracies}

    def multiscale(self):
        with tempfile.TemporaryDirectory() as folder:
            network = Path(folder) / "open.keras"
            shape = (None, None, self._dataset.input_shape[2])
            build("global_s", input_shape=shape, classes=len(self._dataset.class_names)).save(network)
            record = self._train(Path(folder) / "run", network, "--recipe", str(self._recipe(folder, resize=0.5)))
        return {key: record[key] for key in ("execution", "results")}

    def _trainer(self, way, policy, recipe):
        from edgezoo.train import network
        from edgezoo.train.compiled import CompiledTrainer
        from edgezoo.train.trainer import Trainer
        from edgezoo.zoo.classifier import classifier

        classes = len(self._dataset.class_names)
        import_tensorflow().keras.utils.set_random_seed(0)
        form = classifier(build(self._name, input_shape=self._dataset.input_shape, classes=classes), self._name)
        model = network.trainer(form, policy, recipe, steps=10_000)
        trainer = Trainer(model) if way == "steps" else CompiledTrainer(model, self._dataset.train, recipe)
        return trainer, trainer.batches(self._dataset.train, classes, recipe).repeat()

    def _trained(self, way):
        from edgezoo.train import Recipe

        # Plain descent: Adam makes a whole step of a gradient that is nothing but rounding.
        recipe = Recipe(**RECIPE, optimizer="sgd", learning_rate=0.01, batch_size=self._batch_sizes[0])
        trainer, batches = self._trainer(way, "float32", recipe)
        trainer.fit(batches, steps_per_epoch=STEPS, shuffle=False, verbose=0)
        return trainer

    def _speed(self, way, policy, batch_size):
        from edgezoo.train import Recipe

        recipe = Recipe(**RECIPE, batch_size=batch_size, optimizer="muon")
        trainer, batches = self._trainer(way, policy, recipe)

        def seconds(steps):
            start = time.perf_counter()
            trainer.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0)
            return time.perf_counter() - start

        first = seconds(STEPS)
        steps = STEPS * max(1, round(self._seconds / seconds(STEPS)))
        return {"images_per_second": steps * batch_size / seconds(steps), "first_steps_seconds": first}

    def _recipe(self, folder, **settings):
        path = Path(folder) / "recipe.yaml"
        path.write_text(json.dumps(settings))  # JSON is YAML
        return path

    def _command(self, folder, model, *options):
        arguments = ["train", str(model), "--data", self._data, "-o", str(folder), "--epochs", str(self._epochs)]
        return [sys.executable, "-m", "edgezoo", *arguments, *options]

    def _train(self, folder, model, *options):
        """``run.json`` of a training by the command line."""
        if subprocess.run(self._command(folder, model, *options)).returncode:
            raise EdgezooError("a training failed; what it printed tells why")
        return json.loads((folder / "run.json").read_text())


CHECKS = [name for name in vars(Checks) if not name.startswith("_")]


@click.command()
@click.option("--model", default="pooled_avg_m", show_default=True, help="A model's name.")
@click.option("--data", default="fashion_mnist", show_default=True)
@click.option("--batch-size", "batch_sizes", type=int, multiple=True, default=(128, 256, 1024), show_default=True)
@click.option("--seconds", default=2.0, show_default=True, help="Of each measurement of speed.")
@click.option("--epochs", default=3, show_default=True, help="Of each training by the command line.")
@click.option("--only", "names", type=click.Choice(CHECKS), multiple=True, help="Checks to run; all by default.")
@click.option("--without-gpu", is_flag=True, help="Run where there is no GPU: to try the script.")
def main(model, data, batch_sizes, seconds, epochs, names, without_gpu):
    """Run the checks."""
    facts = gpus.facts()
    if not (facts or without_gpu):
        raise EdgezooError(gpus.unseen() or "no GPU is here; this script checks how training works on one.")
    checks, document = Checks(model, data, batch_sizes, seconds, epochs), {}
    for name in names or CHECKS:
        note(f"check: {name}")
        start = time.perf_counter()
        try:
            document[name] = getattr(checks, name)()
        except Exception as error:  # whatever goes wrong on a GPU is what this script is to find
            document[name] = {"failed": f"{type(error).__name__}: {one_line(error, 500)}"}
        document[name]["seconds"] = round(time.perf_counter() - start, 1)
        note(f"{name}: {json.dumps(document[name])}")
        write_results("gpu", {"gpu": facts, "model": model, "dataset": data, "checks": document})


if __name__ == "__main__":
    run(main)
