import pytest
import tensorflow as tf
from PIL import Image

from edgezoo.train.reports import TensorBoardLog, draw_curves, epoch_heading, epoch_line


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


@pytest.mark.parametrize("epoch", [7, 120, 1000])
@pytest.mark.parametrize("loss", [0.43214, 12.34567, 4321.98765, 123_456_789.0])
def test_a_line_of_an_epoch_has_all_numbers_in_sixty_columns(epoch, loss):
    row = {
        "epoch": epoch,
        "loss": loss,
        "accuracy": 0.85123,
        "val_loss": loss / 2,
        "val_accuracy": 1.0,
        "seconds": 1234.56,
    }
    line, heading = epoch_line(row, 1000, best=True), epoch_heading(1000)
    assert line.startswith(f"epoch {epoch}/1000 ") and line.endswith(" best")
    assert len(heading) <= len(line) <= 60
    numbers = line.removesuffix(" best").split()[2:]
    assert [float(number) for number in numbers[:-1]] == pytest.approx([loss, 0.8512, loss / 2, 1.0, 1234], rel=0.3)
    assert numbers[1] == "0.8512" and numbers[-1] == "s"
    names = ("loss", "acc", "val_loss", "val_acc")
    # Each number ends where its name does, or below it.
    for name, number in zip(names, numbers, strict=False):
        end = line.index(number, len(f"epoch {epoch}/1000")) + len(number)
        assert heading.index(f" {name}") + 1 <= end <= heading.index(f" {name}") + 1 + len(name)
    assert not epoch_line(row, 1000, best=False).endswith("best")
