import gzip
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.datasets import known_datasets, load_dataset
from edgezoo.datasets.idx import read_idx
from edgezoo.datasets.named import NAMED, fashion_mnist
from edgezoo.datasets.named.fashion_mnist import FASHION_MNIST_VARIABLE
from edgezoo.datasets.named.loading import content_sha256

DEBIAN = Path("/usr/share/datasets/fashion-mnist")
needs_fashion_mnist = pytest.mark.skipif(not DEBIAN.is_dir(), reason="Debian's dataset-fashion-mnist is not installed")


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A machine without Debian's files, without Keras' cache and without a network."""
    monkeypatch.setattr(fashion_mnist, "_DEBIAN", tmp_path / "debian")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.delenv(FASHION_MNIST_VARIABLE, raising=False)
    return tmp_path


def keras_returns(monkeypatch, name, result):
    import keras

    def load_data():
        if isinstance(result, Exception):
            raise result
        return result

    monkeypatch.setattr(getattr(keras.datasets, name), "load_data", load_data)


def fake(name):
    """Black images in the shapes, types and counts that Keras' loader documents."""
    entry = NAMED[name]
    h, w, c = entry.image_shape
    parts = []
    for part in ("train", "test"):
        labels = np.repeat(np.arange(len(entry.class_names), dtype=np.uint8), entry.counts[part])
        images = np.zeros((len(labels), h, w) if c == 1 else (len(labels), h, w, c), np.uint8)
        parts.append((images, labels[:, None] if name.startswith("cifar") else labels))
    return tuple(parts)


@needs_fashion_mnist
def test_fashion_mnist_is_the_published_set():
    dataset = load_dataset("fashion_mnist")
    assert dataset.input_shape == (28, 28, 1)
    assert [len(split) for split in dataset.splits.values()] == [54_000, 6_000, 10_000]
    for split, each in zip(dataset.splits.values(), (5_400, 600, 1_000), strict=True):
        assert np.bincount(split.labels).tolist() == [each] * 10
    # The first labels as the data set's own documentation prints them: ankle boot, T-shirt, T-shirt, dress, T-shirt.
    published = gzip.decompress((DEBIAN / "train-labels-idx1-ubyte.gz").read_bytes())[8:]
    assert list(published[:5]) == [9, 0, 0, 3, 0]
    assert dataset.class_names[9] == "Ankle boot"
    # Mean and deviation of the 60,000 training images, as commonly published: 0.2860 and 0.3530.
    pixels = np.concatenate([dataset.train.read(np.arange(54_000)), dataset.validation.read(np.arange(6_000))]) / 255
    assert pixels.mean() == pytest.approx(0.2860, abs=5e-5)
    assert pixels.std() == pytest.approx(0.3530, abs=5e-5)
    assert dataset.source["path"] == str(DEBIAN)
    json.dumps(dataset.source)


@needs_fashion_mnist
def test_a_folder_named_by_the_variable_in_any_compression(elsewhere, monkeypatch):
    monkeypatch.setenv(FASHION_MNIST_VARIABLE, str(elsewhere / "mine"))
    (elsewhere / "mine").mkdir()
    for file in DEBIAN.iterdir():
        # Zalando's own files differ from Debian's in the gzip header; what they hold is the same.
        (elsewhere / "mine" / file.name).write_bytes(gzip.compress(gzip.decompress(file.read_bytes()), 1, mtime=1))
    dataset = load_dataset("fashion_mnist")
    assert dataset.source["path"] == str(elsewhere / "mine")
    assert dataset.source["sha256"] == NAMED["fashion_mnist"].sha256


@needs_fashion_mnist
def test_keras_cache_is_read_where_nothing_else_is(elsewhere):
    shutil.copytree(DEBIAN, elsewhere / "keras" / "datasets" / "fashion-mnist")
    assert load_dataset("fashion_mnist").source["path"] == str(elsewhere / "keras" / "datasets" / "fashion-mnist")


@needs_fashion_mnist
def test_a_changed_pixel_is_noticed(elsewhere, monkeypatch):
    monkeypatch.setenv(FASHION_MNIST_VARIABLE, str(elsewhere / "mine"))
    shutil.copytree(DEBIAN, elsewhere / "mine")
    file = elsewhere / "mine" / "t10k-images-idx3-ubyte.gz"
    content = bytearray(gzip.decompress(file.read_bytes()))
    content[4711] ^= 1
    file.write_bytes(gzip.compress(content, 1))
    dataset = load_dataset("fashion_mnist")
    dataset.train.read([0])
    with pytest.raises(EdgezooError, match="not as published: its checksum differs"):
        dataset.test.read([0])


@needs_fashion_mnist
def test_only_the_images_that_are_asked_for_are_read(monkeypatch):
    read = []
    monkeypatch.setattr(fashion_mnist, "read_idx", lambda path: read.append(path.name) or read_idx(path))
    dataset = load_dataset("fashion_mnist")
    dataset.test.read([0])
    dataset.test.subset([1, 2]).read([0])
    assert [name for name in read if "images" in name] == ["t10k-images-idx3-ubyte.gz"]
    assert len(dataset.train) == 54_000 and dataset.source["sha256"] == NAMED["fashion_mnist"].sha256


@needs_fashion_mnist
def test_the_checksums_of_the_parts_are_those_of_the_whole():
    parts = {part: (images(), labels) for part, (images, labels) in NAMED["fashion_mnist"].fetch().items()}
    assert content_sha256(parts.values()) == NAMED["fashion_mnist"].sha256
    for part, content in parts.items():
        assert content_sha256([content]) == NAMED["fashion_mnist"].part_sha256[part]


def test_a_folder_that_lacks_files_is_an_error_not_a_download(elsewhere, monkeypatch):
    monkeypatch.setenv(FASHION_MNIST_VARIABLE, str(elsewhere))
    with pytest.raises(EdgezooError, match=r"EDGEZOO_FASHION_MNIST names .* t10k-labels-idx1-ubyte\.gz"):
        load_dataset("fashion_mnist")


def test_fashion_mnist_through_keras_is_checked_too(elsewhere, monkeypatch):
    keras_returns(monkeypatch, "fashion_mnist", fake("fashion_mnist"))  # right counts, but black images
    with pytest.raises(EdgezooError, match="checksum differs"):
        load_dataset("fashion_mnist")


@pytest.mark.parametrize("name", ["mnist", "cifar10", "cifar100"])
def test_sets_that_keras_downloads(elsewhere, monkeypatch, name):
    keras_returns(monkeypatch, name, fake(name))
    dataset = load_dataset(name)
    entry = NAMED[name]
    assert dataset.input_shape == entry.image_shape
    assert len(dataset.train) + len(dataset.validation) == sum(entry.counts["train"]) in (50_000, 60_000)
    assert len(dataset.test) == sum(entry.counts["test"]) == 10_000
    assert len(set(dataset.class_names)) == (100 if name == "cifar100" else 10)


@pytest.mark.parametrize(
    "spoil", [lambda x, y: (x[1:], y[1:]), lambda x, y: (x, y[::-1] // 2), lambda x, y: (x[1:], y)]
)
def test_wrong_counts_are_noticed(elsewhere, monkeypatch, spoil):
    train, test = fake("cifar10")
    keras_returns(monkeypatch, "cifar10", (train, spoil(*test)))
    with pytest.raises(EdgezooError, match="cifar10 is not as published"):
        load_dataset("cifar10")


@pytest.mark.parametrize("name", ["fashion_mnist", "mnist", "cifar10", "cifar100"])
def test_without_a_network_one_line_says_what_to_do(elsewhere, monkeypatch, name):
    keras_returns(monkeypatch, name, Exception("URL fetch failure on https://…: None -- [Errno -2]\nunknown"))
    with pytest.raises(EdgezooError, match=f"cannot get {name}.*connect this machine") as caught:
        load_dataset(name)
    assert "\n" not in str(caught.value)


def test_digits_at_their_own_size_are_scikit_learns():
    from sklearn.datasets import load_digits

    dataset = load_dataset("digits", image_size=8)
    read = np.concatenate([split.read(np.arange(len(split))) for split in dataset.splits.values()])[..., 0]
    published = load_digits().images / 16
    assert read.shape == published.shape == (1797, 8, 8)
    assert np.sort(read.mean((1, 2)) / 255) == pytest.approx(np.sort(published.mean((1, 2))), abs=1 / 255)
    assert read.max() == 255
    assert [len(split) for split in dataset.splits.values()] == [1295, 143, 359]


def test_digits_are_large_enough_for_the_zoo():
    dataset = load_dataset("digits", channels=3)
    assert dataset.input_shape == (32, 32, 3)
    images, labels = next(dataset.test.batches(16))
    assert images.shape == (16, 32, 32, 3) and labels.shape == (16,)


@pytest.mark.parametrize("name", ["digits", "mnist"])
def test_channels_that_cannot_be(elsewhere, monkeypatch, name):
    with pytest.raises(EdgezooError, match="channels=4"):
        load_dataset(name, channels=4)


def test_known_datasets_says_what_is_where(elsewhere):
    rows = {row["name"]: row for row in known_datasets()}
    assert list(rows) == list(NAMED)
    assert {name for name, row in rows.items() if row["found"]} == {"digits"}
    assert rows["digits"]["input_shape"] == [32, 32, 1]
    assert rows["cifar100"]["classes"] == 100
    (elsewhere / "keras" / "datasets").mkdir(parents=True)
    (elsewhere / "keras" / "datasets" / "mnist.npz").touch()
    assert {row["name"]: row for row in known_datasets()}["mnist"]["found"].endswith("mnist.npz")
    json.dumps(list(rows.values()))


def test_no_tensorflow_for_what_is_there():
    probe = (
        "import sys; from edgezoo.datasets import *; known_datasets(); "
        "next(load_dataset('digits').train.batches(8)); "
        "print([m for m in ('tensorflow', 'keras', 'matplotlib') if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", probe], text=True).strip() == "[]"
