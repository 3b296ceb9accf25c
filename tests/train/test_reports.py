import pytest
import tensorflow as tf
from PIL import Image

from edgezoo.train.reports import TensorBoardLog, draw_curves


def row(epoch):
    names = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")
    return {"epoch": epoch, **{name: epoch + i / 8 for i, name in enumerate(names)}}


def scalars(folder):
    """``(tag, step) → value`` of all event files, read as TensorBoard does: TFRecords of Event messages."""
    found = {}
    for file in sorted(map(str, folder.iterdir())):
        for record in tf.data.TFRecordDataset(file).as_numpy_iterator():
            event = tf.compat.v1.Event.FromString(record)
            for value in event.summary.value:
                assert value.metadata.plugin_data.plugin_name == "scalars"
                assert (value.tag, event.step) not in found
                found[value.tag, event.step] = float(tf.make_ndarray(value.tensor))
    return found


def test_events_are_the_history_with_no_epoch_twice_or_missing(tmp_path):
    log = TensorBoardLog(tmp_path, [])
    log.write(row(1))
    log.write(row(2))  # as if killed here, after an epoch that the checkpoint does not know
    log = TensorBoardLog(tmp_path, [row(1)])
    log.write(row(2))
    log.close()
    for part, prefix in (("train", ""), ("validation", "val_")):
        expected = {(f"epoch_{name}", e): row(e)[prefix + name] for name in ("loss", "accuracy") for e in (1, 2)}
        found = scalars(tmp_path / part)
        assert expected.items() <= found.items()
    assert scalars(tmp_path / "train")["epoch_learning_rate", 2] == row(2)["learning_rate"]


@pytest.mark.parametrize("epochs", [1, 5])
def test_curves_are_a_picture(tmp_path, epochs):
    draw_curves([row(epoch) for epoch in range(1, epochs + 1)], 1, tmp_path / "curves.png")
    with Image.open(tmp_path / "curves.png") as image:
        assert image.size == (1080, 432)
        assert len(image.convert("RGB").getcolors(100_000)) > 10
