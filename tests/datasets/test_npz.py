import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgezoo.common.errors import EdgezooError
from edgezoo.datasets import load_dataset

IMAGES = np.random.default_rng(0).integers(0, 256, (20, 6, 5), np.uint8)
LABELS = np.arange(20) % 2


@pytest.fixture
def saved(tmp_path):
    def save(**arrays):
        np.savez(tmp_path / "toy.npz", **arrays)
        return tmp_path / "toy.npz"

    return save


def whole(split):
    return split.read(np.arange(len(split)))


def test_keras_keys(saved):
    path = saved(
        **{"x_train": IMAGES, "y_train": LABELS, "x_val": IMAGES[:4], "y_val": LABELS[:4]},
        **{"x_test": IMAGES[::-1], "y_test": LABELS[::-1], "class_names": ["猫", "dog"]},
    )
    dataset = load_dataset(path)
    assert (dataset.name, dataset.class_names, dataset.input_shape) == ("toy", ("猫", "dog"), (6, 5, 1))
    assert np.array_equal(whole(dataset.train)[..., 0], IMAGES)
    assert np.array_equal(whole(dataset.validation)[..., 0], IMAGES[:4])
    assert np.array_equal(whole(dataset.test)[..., 0], IMAGES[::-1])
    assert dataset.test.labels.tolist() == LABELS[::-1].tolist()
    assert dataset.source["split_from_train"] == []


def test_x_and_y_alone_are_split(saved):
    dataset = load_dataset(saved(x=IMAGES, y=LABELS))
    assert all(np.unique(split.labels).tolist() == [0, 1] for split in dataset.splits.values())
    assert dataset.class_names == ("0", "1")
    read = np.concatenate([whole(split) for split in dataset.splits.values()])[..., 0]
    assert sorted(image.tobytes() for image in read) == sorted(image.tobytes() for image in IMAGES)


@given(st.sampled_from(["float16", "float32", "float64"]), st.booleans())
def test_floats_on_either_scale(tmp_path_factory, dtype, unit):
    images = np.linspace(0, 255, 20 * 6 * 5).reshape(20, 6, 5)
    path = tmp_path_factory.mktemp("npz") / "toy.npz"
    np.savez(
        path,
        x_train=(images / 255 if unit else images).astype(dtype),
        y_train=LABELS,
        x_test=IMAGES / 255 if unit else IMAGES.astype(float),
        y_test=LABELS,
    )
    dataset = load_dataset(path)
    read = np.concatenate([whole(dataset.train), whole(dataset.validation)])[..., 0]
    expected = sorted(np.rint(images).ravel().tolist())
    tolerance = 1 if dtype == "float16" else 0.51
    assert np.abs(np.sort(read.ravel()) - expected).max() <= tolerance
    assert np.array_equal(whole(dataset.test)[..., 0], IMAGES)


def test_the_scale_is_one_for_the_whole_file(saved):
    # The test images happen to be dark; they are on the training images' scale all the same.
    dataset = load_dataset(saved(x_train=IMAGES * 1.0, y_train=LABELS, x_test=np.ones((4, 6, 5)), y_test=LABELS[:4]))
    assert whole(dataset.test).max() == 1


def test_each_array_is_judged_by_itself_and_it_is_told(saved, capfd):
    shown = {"x_train": IMAGES / 255, "x_val": IMAGES[:4] / 127.5 - 1, "x_test": IMAGES[:6] * 1.0}
    shown["x_train"][0, 0, 0], shown["x_val"][0, 0, 0] = 1.0000001, -1.02
    dataset = load_dataset(saved(**shown, y_train=LABELS, y_val=LABELS[:4], y_test=LABELS[:6]))
    expected = IMAGES.copy()
    expected[0, 0, 0] = 255
    assert np.array_equal(whole(dataset.train)[..., 0], expected)
    expected[0, 0, 0] = 0
    assert np.array_equal(whole(dataset.validation)[..., 0], expected[:4])
    assert np.array_equal(whole(dataset.test)[..., 0], IMAGES[:6])
    assert dataset.source["scales"] == {"x_train": "0–1", "x_val": "−1–1", "x_test": "0–255"}
    assert "x_train 0–1, x_val −1–1, x_test 0–255" in capfd.readouterr().err


def test_nearly_black_bytes_are_told(saved, capfd):
    assert whole(load_dataset(saved(x=np.uint8(IMAGES > 99), y=LABELS)).train).max() == 1
    assert "x is black, or nearly: its highest pixel is 1 of 255" in capfd.readouterr().err
    load_dataset(saved(x=IMAGES, y=LABELS))
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "keys",
    [
        ("x_train", "y_train", "x_valid", "y_valid", "x_test", "y_test"),
        ("X_train", "y_train", "X_dev", "y_dev", "X_test", "y_test"),
        ("train_images", "train_labels", "val_images", "val_labels", "test_images", "test_labels"),
        ("images_train", "targets_train", "images_validation", "targets_validation", "images_test", "targets_test"),
        ("trainX", "trainY", "validX", "validY", "testX", "testY"),
        ("xtrain", "ytrain", "xval", "yval", "xtest", "ytest"),
        ("X_tr", "y_tr", "X_va", "y_va", "X_te", "y_te"),
        ("x", "y", "x_eval", "y_eval", "x_holdout", "y_holdout"),
        ("data", "target", "val_data", "val_target", "test_data", "test_target"),
        ("x-train", "y-train", "x evaluation", "y evaluation", "x.test", "y.test"),
    ],
)
def test_keys_as_people_give_them(saved, keys):
    parts = ((IMAGES, LABELS), (IMAGES[:4], LABELS[:4]), (IMAGES[5:], LABELS[5:]))
    dataset = load_dataset(saved(**dict(zip(keys, (array for part in parts for array in part), strict=True))))
    for split, (images, labels) in zip(dataset.splits.values(), parts, strict=True):
        assert np.array_equal(whole(split)[..., 0], images)
        assert split.labels.tolist() == labels.tolist()
    assert dataset.source["split_from_train"] == []
    assert list(dataset.source["arrays"].values()) == list(keys[::2])


def test_of_two_sets_the_second_is_for_testing(saved):
    dataset = load_dataset(saved(x_train=IMAGES, y_train=LABELS, x_eval=IMAGES[:4], y_eval=LABELS[:4]))
    assert np.array_equal(whole(dataset.test)[..., 0], IMAGES[:4])
    assert dataset.source["split_from_train"] == ["validation"]


def test_other_arrays_are_named(saved, capfd):
    arrays = {"mean": IMAGES.mean(), "x_unlabeled": IMAGES, "xray_year": LABELS, "label_names": ["a", "b"]}
    dataset = load_dataset(saved(x=IMAGES, y=LABELS, **arrays))
    assert sum(map(len, dataset.splits.values())) == 20
    assert ": mean, x_unlabeled, xray_year, label_names\n" in capfd.readouterr().err


def test_labels_from_1(saved, capfd):
    dataset = load_dataset(saved(x=IMAGES, y=LABELS + 1))
    assert dataset.class_names == ("1", "2")
    assert sorted(np.concatenate([split.labels for split in dataset.splits.values()])) == sorted(LABELS)
    assert "the labels count from 1" in capfd.readouterr().err
    dataset = load_dataset(saved(x=IMAGES, y=LABELS + 1, class_names=["cat", "dog"]))
    assert dataset.class_names == ("cat", "dog")
    # A test set without the first class counts from 0 all the same.
    dataset = load_dataset(saved(x_train=IMAGES, y_train=LABELS, x_test=IMAGES[:3], y_test=[1, 1, 1]))
    assert dataset.test.labels.tolist() == [1, 1, 1]
    # Nor do labels count from 1 where there is a name for 0.
    with pytest.raises(EdgezooError, match="class 'background' has 0 images"):
        load_dataset(saved(x=IMAGES, y=LABELS + 1, class_names=["background", "cat", "dog"]))


def test_gaps_between_labels_are_told_with_a_way_out(saved):
    with pytest.raises(EdgezooError, match=r"class '3' has 0 images: .* from 1 to 4, have gaps; .*return_inverse"):
        load_dataset(saved(x=IMAGES, y=np.array([1, 2, 4, 4])[np.arange(20) % 4]))


def test_other_integers_are_taken_as_they_are(saved):
    dataset = load_dataset(saved(x=IMAGES.astype("int64"), y=LABELS.astype("uint8")[:, None]))
    assert whole(dataset.train).dtype == np.uint8
    assert dataset.train.labels.dtype == np.int64


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"pictures": IMAGES}, "neither x_train nor x; its keys are: pictures"),
        ({"x_test": IMAGES, "y_test": LABELS}, "neither x_train nor x; its keys are: x_test, y_test"),
        ({"images": IMAGES}, "has images but no y_train"),
        ({"x_train": IMAGES, "y_train": LABELS, "x_valid": IMAGES}, "has x_valid but no y_val"),
        ({"x": IMAGES, "y": LABELS, "train_images": IMAGES}, "x and train_images are both for the train split"),
        ({"x": IMAGES, "y": LABELS, "x_val": IMAGES, "X_dev": IMAGES}, "x_val and X_dev are both for the validation"),
        ({"x": IMAGES, "y": LABELS, "x_extra": IMAGES, "y_extra": LABELS}, "which split x_extra and y_extra are of"),
        ({"x": IMAGES}, "has x_train but no y_train"),
        ({"x_train": IMAGES, "y_train": LABELS, "y_test": LABELS}, "has y_test but no x_test"),
        ({"x": IMAGES[0], "y": LABELS}, r"must be \[n, h, w\]"),
        ({"x": IMAGES[:0], "y": LABELS[:0]}, "not empty"),
        ({"x": np.zeros((20, 3, 32, 32)), "y": LABELS}, "channels first"),
        ({"x": IMAGES, "y": LABELS[:5]}, r"a label for every image. Received: \[5\]"),
        ({"x": IMAGES, "y": np.eye(2)[LABELS]}, "one-hot"),
        ({"x": IMAGES, "y": LABELS * 1.0}, "whole numbers"),
        ({"x": IMAGES, "y": LABELS - 1}, "whole numbers from 0"),
        ({"x": IMAGES, "y": LABELS * 10**12}, "whole numbers from 0"),
        ({"x": IMAGES, "y": np.array(["cat", "dog"])[LABELS]}, "whole numbers"),
        ({"x": IMAGES, "y": LABELS * 2}, "class '1' has 0 images"),
        ({"x": IMAGES, "y": LABELS * 0}, "found 1"),
        ({"x": IMAGES / 255 - 0.5, "y": LABELS}, "x: .*between 0 and 255"),
        ({"x": IMAGES * 2.0, "y": LABELS}, "between 0 and 255"),
        ({"x": IMAGES.astype(int) * 256, "y": LABELS}, "between 0 and 255"),
        ({"x": np.where(IMAGES > 250, np.nan, IMAGES), "y": LABELS}, "between 0 and 255"),
        ({"x": IMAGES > 100, "y": LABELS}, "integer type"),
        ({"x": IMAGES.astype(str), "y": LABELS}, "integer type"),
        ({"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES / 255, "y_test": LABELS}, "all of a float type"),
        ({"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES[:, 1:], "y_test": LABELS}, "differ in size"),
        ({"x": IMAGES, "y": LABELS, "class_names": ["one"]}, "one for each of the 2"),
        ({"x": IMAGES, "y": LABELS, "class_names": [1, 2]}, "must be text"),
        ({"x": IMAGES, "y": LABELS, "class_names": ["a\nb", "c"]}, "one line"),
        ({"x": IMAGES.astype(object), "y": LABELS}, "never unpickled"),
    ],
)
def test_errors_say_what_is_wrong(saved, arrays, says):
    path = saved(**arrays)
    with pytest.raises(EdgezooError, match=says) as caught:
        load_dataset(path)
    assert "toy" in str(caught.value)


def test_many_channels_are_used_as_they_are(saved):
    images = np.random.default_rng(0).integers(0, 256, (20, 6, 5, 4), np.uint8)
    path = saved(x_train=images, y_train=LABELS, x_test=images, y_test=LABELS)
    assert np.array_equal(whole(load_dataset(path).test), images)
    assert load_dataset(path, image_size=12).test.read([0]).shape == (1, 12, 12, 4)
    with pytest.raises(EdgezooError, match="images of 4 channels cannot be made into ones of 3"):
        load_dataset(path, channels=3)


def test_size_and_channels_asked_for(saved):
    dataset = load_dataset(saved(x=IMAGES, y=LABELS), image_size=(12, 10), channels=3)
    assert dataset.input_shape == (12, 10, 3)
    assert dataset.train.read([0]).shape == (1, 12, 10, 3)


@given(st.data())
def test_a_damaged_file_is_one_clear_error_or_reads_well(tmp_path_factory, data):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, x=IMAGES, y=LABELS)
    content = bytearray(buffer.getvalue())
    place = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content = content[: place + 1]
    else:
        content[place] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.mktemp("npz") / "toy.npz"
    path.write_bytes(content)
    try:
        dataset = load_dataset(path)
    except EdgezooError as error:
        assert "\n" not in str(error)
    else:
        read = np.concatenate([whole(split) for split in dataset.splits.values()])
        assert sorted(read.sum((1, 2, 3))) == sorted(IMAGES.sum((1, 2)))


def test_more_than_the_memory_is_refused_unread(tmp_path, monkeypatch):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (20, 9000, 9000, 1)})
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("x.npy", "w") as member:
            member.write(header.getvalue())
            for _ in range(20):
                member.write(bytes(9000 * 900))
        archive.writestr("y.npy", b"")
    import psutil

    class Memory:
        available = 100_000_000

    monkeypatch.setattr(psutil, "virtual_memory", Memory)
    with pytest.raises(EdgezooError, match=r"unpacks to 0\.2 GB, more than the free memory"):
        load_dataset(tmp_path / "bomb.npz")


def test_a_header_that_states_more_than_there_is(tmp_path):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (10**14,)})
    with zipfile.ZipFile(tmp_path / "lie.npz", "w") as archive:
        archive.writestr("x.npy", header.getvalue())
    with pytest.raises(EdgezooError, match="cannot read"):
        load_dataset(tmp_path / "lie.npz")
