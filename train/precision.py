"""float32, bfloat16 or float16: which one this machine trains faster with, measured."""

import contextlib
import dataclasses
import time
from pathlib import Path

import tensorflow as tf

#: A smaller gain is not worth the digits.
NEEDED_GAIN = 1.10
_ROUNDS = 3
_ROUND_SECONDS = 0.5


@dataclasses.dataclass(frozen=True)
class Precision:
    """A choice and its reason, as ``run.json`` keeps it.

    Attributes:
        chosen: a Keras dtype policy.
        why: one sentence.
        images_per_second: policy → speed of the trial; empty if there was none.
        tf32: whether products of float32 numbers are computed in TF32.
    """

    chosen: str
    why: str
    images_per_second: dict = dataclasses.field(default_factory=dict)
    tf32: bool = False

    def __str__(self):
        tf32 = ", multiplied in TF32" if self.tf32 and self.chosen == "float32" else ""
        return f"{self.chosen}{tf32} ({self.why})"


def choose_precision(requested, speeds):
    """The precision to train in.

    Args:
        requested: the recipe's ``precision``.
        speeds: function from a list of policies to a dict of their images per second; called only if this machine's
            hardware promises a gain.

    Returns:
        ``Precision``.
    """
    tf32 = _multiplies_in_tf32()
    if requested != "auto":
        return Precision(requested, "as the recipe says", tf32=tf32)
    candidate, reason = hardware_candidate()
    if candidate is None:
        return Precision("float32", reason, tf32=tf32)
    measured = speeds(["float32", candidate])
    gain = measured[candidate] / measured["float32"]
    chosen = candidate if gain >= NEEDED_GAIN else "float32"
    why = f"{reason}; {candidate} was measured at {gain:.2f} times the speed of float32, {NEEDED_GAIN:.2f} is needed"
    return Precision(chosen, why, measured, tf32)


@contextlib.contextmanager
def tensor_float_32(allowed):
    """While entered, GPUs may multiply float32 numbers in TF32, or may not; that is a setting of the whole process."""
    before = tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(allowed)
    try:
        yield
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(before)


def _multiplies_in_tf32():
    return tf.config.experimental.tensor_float_32_execution_enabled() and _lowest_capability() >= (8, 0)


def _lowest_capability():
    """Compute capability of the least able GPU, as two numbers; (0, 0) if that is unknown or there is none."""
    gpus = tf.config.list_physical_devices("GPU")
    capabilities = [tf.config.experimental.get_device_details(gpu).get("compute_capability") for gpu in gpus]
    return min((capability or (0, 0) for capability in capabilities), default=(0, 0))


def hardware_candidate():
    """The lower precision that this machine has arithmetic for, or ``None``; and a phrase that says why."""
    if tf.config.list_physical_devices("GPU"):
        lowest = _lowest_capability()
        version = ".".join(map(str, lowest))
        if lowest >= (8, 0):
            return "mixed_bfloat16", f"GPU of compute capability {version}"
        if lowest >= (7, 0):
            return "mixed_float16", f"GPU of compute capability {version}, without bfloat16"
        return None, f"GPU of compute capability {version}, without tensor cores"
    for flag in ("amx_bf16", "avx512_bf16"):
        if flag in _cpu_flags():
            return "mixed_bfloat16", f"CPU with {flag}"
    return None, "CPU without bfloat16 arithmetic: lower precision gains nothing there"


def _cpu_flags():
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return []
    return next((line.split() for line in text.splitlines() if line.startswith("flags")), [])


def measure_speeds(trainers, batches, batch_size):
    """Images per second of compiled models on one batch, over and over.

    The models take turns, so that drift hits all alike; the best round of each counts, since disturbances only slow.

    Args:
        trainers: name → compiled ``keras.Model``; their weights change.
        batches: ``tf.data.Dataset`` of training batches; its first is used.
        batch_size: images in it.
    """
    batch = batches.take(1).cache().repeat()

    def seconds(trainer, steps):
        start = time.perf_counter()
        trainer.fit(batch, steps_per_epoch=steps, shuffle=False, verbose=0)
        return time.perf_counter() - start

    steps = {}
    for name, trainer in trainers.items():
        seconds(trainer, 3)  # traces the graph, warms up
        steps[name] = max(2, round(5 * _ROUND_SECONDS / seconds(trainer, 5)))
    fastest = dict.fromkeys(trainers, 0.0)
    for _ in range(_ROUNDS):
        for name, trainer in trainers.items():
            speed = steps[name] * batch_size / seconds(trainer, steps[name])
            fastest[name] = max(fastest[name], speed)
    return fastest
