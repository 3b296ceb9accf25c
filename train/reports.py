"""Pictures of a history: events for TensorBoard, and curves."""

import tensorflow as tf

from ..common.files import replacing


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
