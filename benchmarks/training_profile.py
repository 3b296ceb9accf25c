"""Where the time of a training step goes, and how near to the machine's matrix-multiply peak training comes.

    python benchmarks/training_profile.py       # nothing else should run meanwhile

Each network takes the steps of its own recipe, on batches of the real input pipeline, on all cores. Writes
``results/training_profile.json``:

* ``peak_flops``: the best of several multiplications of two 2048×2048 matrices, by dtype.
* ``batches_per_second``: of the input pipeline alone, with all augmentation.
* ``step_ms``: median of whole steps: batch, forward, backward, optimizer, Keras' own loop.
* ``flops``: 6 · MACs · batch size over the step's time: two operations a MAC, and the backward pass, which makes the
  gradients of inputs and of weights, costs two forward passes (Kaplan et al. 2020, section 2.1).
* ``share``: busy time of TensorFlow's operators by kind, from a trace of TensorFlow's own profiler.
"""

import collections
import statistics
import tempfile
import time
from pathlib import Path

import click
from documents import write_results
from script import run
from train_zoo import network as untrained

from edgezoo.common.progress import note
from edgezoo.common.quiet import import_tensorflow

tf = import_tensorflow()

import keras  # noqa: E402
from tensorflow.tsl.profiler.protobuf import xplane_pb2  # noqa: E402

from edgezoo.datasets import load_dataset  # noqa: E402
from edgezoo.inspection import describe  # noqa: E402
from edgezoo.train import Recipe, network, stream  # noqa: E402

#: A network of each kind, and the recipe it is trained with.
NETWORKS = {
    "strided_s": "fashion_mnist",
    "pooled_avg_m": "fashion_mnist_fast",
    "pooled_avg_l": "fashion_mnist_long",
}
STEPS = 40

#: Kinds of operators by what TensorFlow's names of them contain; the first that fits counts.
KINDS = {
    "convolutions and dense layers, gradient of weights": ("BackpropFilter",),
    "convolutions, gradient of inputs": ("BackpropInput",),
    "convolutions and dense layers, forward": ("Conv2D", "MatMul"),
    "pooling": ("Pool",),
}
PIPELINE, OPTIMIZER, NORMALIZATION = "input pipeline, augmentation", "optimizer", "batch normalization"
OTHER = "activations, casts, sums"


def peak_flops(dtype, size=2048, rounds=12):
    """Operations a second of the fastest multiplication of two matrices."""
    matrix = tf.cast(tf.random.normal((size, size)), dtype)
    multiply = tf.function(lambda: tf.linalg.matmul(matrix, matrix))
    return 2 * size**3 / min(_seconds(multiply) for _ in range(rounds))


def _seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


class Stopwatch(keras.callbacks.Callback):
    """Seconds of each step, the wait for its batch included; the first, which traces the graph, is left out."""

    def __init__(self):
        super().__init__()
        self.ends = []

    def on_train_batch_end(self, batch, logs=None):
        self.ends.append(time.perf_counter())

    @property
    def seconds(self):
        """One number a step."""
        return [end - start for start, end in zip(self.ends, self.ends[1:], strict=False)]


def kind_of(thread, event, optimizer):
    """The kind of operator that an event of a trace is, or ``None`` if it is none.

    Args:
        thread: name of its thread.
        event: its name; an operator's is ``"node/of/the/graph:Operator"``, with the layer's name in the node.
        optimizer: name of the optimizer, which its nodes contain.
    """
    node, _, operator = event.partition(":")
    if not operator.isidentifier():
        return None
    if thread.startswith("tf_data"):
        return PIPELINE
    if optimizer in node:
        return OPTIMIZER
    if "_norm" in node:
        return NORMALIZATION
    return next((kind for kind, parts in KINDS.items() if any(part in operator for part in parts)), OTHER)


def shares(folder, optimizer):
    """Share of the operators' busy time by kind, largest first, from a trace of TensorFlow's profiler in a folder."""
    busy = collections.Counter()
    for path in Path(folder).rglob("*.xplane.pb"):
        space = xplane_pb2.XSpace.FromString(path.read_bytes())
        for plane in space.planes:
            for line in plane.lines:
                for event in line.events:
                    kind = kind_of(line.name, plane.event_metadata[event.metadata_id].name, optimizer)
                    if kind:
                        busy[kind] += event.duration_ps
    return {kind: picoseconds / busy.total() for kind, picoseconds in busy.most_common()}


def profile(name, recipe, dataset):
    """One row of the results."""
    recipe = Recipe.load(recipe, seed=0)
    classes = len(dataset.class_names)
    model = untrained(name, dataset, recipe)
    policy = "mixed_bfloat16" if recipe.precision == "auto" else recipe.precision
    trainer = network.trainer(network.fitting(model, dataset), policy, recipe, steps=10 * STEPS)
    batches = stream.training_batches(dataset.train, classes, recipe)

    waiting = iter(batches)
    next(waiting)
    pipeline = STEPS / _seconds(lambda: [next(waiting) for _ in range(STEPS)])

    watch = Stopwatch()
    trainer.fit(batches, steps_per_epoch=STEPS, callbacks=[watch], verbose=0, shuffle=False)
    with tempfile.TemporaryDirectory() as folder:
        with tf.profiler.experimental.Profile(folder):
            trainer.fit(batches, steps_per_epoch=5, verbose=0, shuffle=False)
        share = shares(folder, trainer.optimizer.name)
    step = statistics.median(watch.seconds)
    macs, batch = describe(model).macs, stream.batch_size_for(dataset.train, recipe)
    return {
        "model": name,
        "precision": policy,
        "batch_size": batch,
        "macs": macs,
        "step_ms": 1000 * step,
        "batches_per_second": pipeline,
        "flops": 6 * macs * batch / step,
        "share": share,
    }


@click.command()
@click.option("--data", default="fashion_mnist", show_default=True, help="Name of the data set.")
def main(data):
    """Profile the training of some networks."""
    dataset = load_dataset(data)
    peaks = {policy: peak_flops(dtype) for policy, dtype in (("float32", "float32"), ("mixed_bfloat16", "bfloat16"))}
    note("peak: " + ", ".join(f"{policy} {flops / 1e9:.0f} GFLOP/s" for policy, flops in peaks.items()))
    rows = []
    for name, recipe in NETWORKS.items():
        rows.append(profile(name, recipe, dataset))
        note(f"{name}: {rows[-1]['step_ms']:.1f} ms a step, {rows[-1]['flops'] / 1e9:.0f} GFLOP/s")
    write_results("training_profile", {"dataset": data, "peak_flops": peaks, "rows": rows})


if __name__ == "__main__":
    run(main)
