"""Labels that other makers put into their files; what is no such file says nothing."""

import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgezoo.inspection.embedded_labels import embedded_labels

from ..tflite_metadata import labelled


@pytest.fixture(scope="module")
def content(convert):
    import tensorflow as tf

    return convert(lambda image: tf.reduce_mean(image, (1, 2)), (2, 2, 3))


@pytest.fixture
def labels_of(tmp_path):
    def read(content):
        (tmp_path / "model.tflite").write_bytes(content)
        return embedded_labels(tmp_path / "model.tflite")

    return read


def test_labels_are_the_lines_of_the_outputs_file(content, labels_of):
    assert labels_of(labelled(content, {"l.txt": "tench, Tinca tinca\r\nÄsche\r\n".encode()})) == [
        "tench, Tinca tinca",
        "Äsche",
    ]
    in_two = labelled(content, {"de.txt": b"Katze\nHund", "en.txt": b"cat\ndog"}, locales={"de.txt": "de"})
    assert labels_of(in_two) == ["cat", "dog"]
    assert labels_of(labelled(content, {"vocabulary.txt": b"a\nb\n"}, kind=5)) is None


def test_files_without_labels_have_none(content, labels_of, tmp_path):
    assert labels_of(content) is None
    assert labels_of(labelled(content, {})) is None
    assert labels_of(labelled(content, {"l.txt": b"a\xff\n"})) is None
    assert labels_of(labelled(content, {"l.txt": b"\n" * (17 << 20)})) is None
    with zipfile.ZipFile(tmp_path / "only.zip", "w") as archive:
        archive.writestr("l.txt", "a\nb\n")
    assert embedded_labels(tmp_path / "only.zip") is None


def test_damaged_files_are_read_without_an_error(content, labels_of):
    whole = labelled(content, {"l.txt": b"a\nb\nc\n"})

    @given(st.data())
    def damage(data):
        damaged = bytearray(whole)
        for _ in range(3):
            damaged[data.draw(st.integers(len(content) - 200, len(whole) - 1))] = data.draw(st.integers(0, 255))
        labels_of(bytes(damaged))

    damage()
    labels_of(whole[:-30])
