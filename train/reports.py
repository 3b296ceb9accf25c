"""A history for people: lines of 60 columns as it goes on, events for TensorBoard, and curves."""

import tensorflow as tf

from ..common.files import replacing
from .checkpoint import deciding


class TensorBoardLog:
    """Scalars by epoch in the layout of Keras' own callback, which needs the ``tensorboard`` package, as this does not.

    Events of an earlier session are replaced by those of the history given, so that a run which goes on has no epoch
    twice and none missing.

    Args:
        folder: ``train/`` and ``validation/`` are made in it.
        history: rows of the epochs so far.
    """

    def __init__(self, folder, history):
        for old in folder.glob("*/events.out.tfevents.*"):
            old.unlink()
        self._writers = {part: tf.summary.create_file_writer(str(folder / part)) for part in ("train", "validation")}
        for row in history:
            self.write(row)

    def write(self, row):
        """Adds one row of the history."""
        train = {name: row[name] for name in ("loss", "accuracy", "learning_rate")}
        validation = {name: row[f"val_{name}"] for name in ("loss", "accuracy")}
        for part, values in (("train", train), ("validation", validation)):
            with self._writers[part].as_default():
                for name, value in values.items():
                    tf.summary.write(f"epoch_{name}", tf.constant(value, tf.float32), row["epoch"], _SCALAR)
            self._writers[part].flush()

    def close(self):
        """Finishes the files."""
        for writer in self._writers.values():
            writer.close()


#: Tells TensorBoard's scalars plugin that a tensor is one of its own.
_SCALAR = tf.compat.v1.SummaryMetadata(
    plugin_data=tf.compat.v1.SummaryMetadata.PluginData(plugin_name="scalars"), data_class="DATA_CLASS_SCALAR"
)


def draw_curves(history, best_epoch, path):
    """Writes loss and accuracy of training and validation by epoch as a PNG, in one step."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    epochs = [row["epoch"] for row in history]
    for axes, name in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        axes.plot(epochs, [row[name] for row in history], ".-", label="training (augmented)")
        axes.plot(epochs, [row[f"val_{name}"] for row in history], ".-", label="validation")
        axes.axvline(best_epoch, color="0.6", linewidth=1, linestyle=":", label=f"best epoch ({best_epoch})")
        axes.set(xlabel="epoch", ylabel=name)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
    axes.legend()
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=120)


def epoch_heading(epochs, *, balanced=False):
    """What stands above the ``epoch_line``s; ``balanced`` says that their rows have a balanced accuracy."""
    return f"{'':{_label_width(epochs)}}   loss    acc val_loss {'bal' if balanced else 'val'}_acc    time"


def epoch_line(row, epochs, *, best):
    """One epoch of a history in at most 60 columns; ``best`` marks the best so far of ``epochs``."""
    label = f"epoch {row['epoch']}/{epochs}"
    loss, accuracy, val_loss, val_accuracy = (
        _six_digits(value) for value in (row["loss"], row["accuracy"], row["val_loss"], deciding(row))
    )
    seconds = f"{row['seconds']:.1f}"[:5].rstrip(".")
    return (
        f"{label:{_label_width(epochs)}} {loss:>6} {accuracy:>6}   {val_loss:>6}  {val_accuracy:>6} {seconds:>5} s"
        + (" best" if best else "")
    )


def _label_width(epochs):
    return len(f"epoch {epochs}/{epochs}")


def _six_digits(value):
    """A number in six places; its size where those do not suffice."""
    return f"{value:.4f}"[:6] if value < 100_000 else f"{value:.0e}"
