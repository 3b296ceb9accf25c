from types import SimpleNamespace

import pytest

from edgezoo.common.errors import EdgezooError, UnknownName
from edgezoo.datasets import load_dataset, load_dataset_for


def test_a_wrong_name_gets_the_nearest_ones():
    with pytest.raises(UnknownName, match=r"did you mean 'fashion_mnist'.*no folder of that name"):
        load_dataset("fashion-mnist")


@pytest.mark.parametrize("path", ["{}/flowers", "./no-such-folder", "{}/no.npz", "no-such.npz"])
def test_a_missing_path_is_called_missing(tmp_path, path):
    with pytest.raises(EdgezooError, match="does not exist") as caught:
        load_dataset(path.format(tmp_path))
    assert not isinstance(caught.value, UnknownName)


def test_a_path_object_is_never_a_name(tmp_path, monkeypatch):
    from pathlib import Path

    monkeypatch.chdir(tmp_path)
    with pytest.raises(EdgezooError, match="digits does not exist"):
        load_dataset(Path("digits"))


def test_a_name_comes_before_a_folder_of_that_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "digits").mkdir()
    assert load_dataset("digits").source["kind"] == "named"
    with pytest.raises(EdgezooError, match="no images in sub-folders"):
        load_dataset("./digits")


def test_another_kind_of_file(tmp_path):
    (tmp_path / "data.csv").write_text("1,2")
    with pytest.raises(EdgezooError, match=r"data\.csv is neither a folder of images nor an \.npz file"):
        load_dataset(tmp_path / "data.csv")


@pytest.mark.parametrize("size", [0, -8, (8,), (8, 8, 1), (8, 0), (8.5, 8), "88"])
def test_image_sizes_that_cannot_be(size):
    with pytest.raises(EdgezooError, match="image size"):
        load_dataset("digits", image_size=size)


def network(*shapes):
    """What has ``inputs`` like a Keras model's."""
    return SimpleNamespace(inputs=[SimpleNamespace(shape=shape) for shape in shapes])


@pytest.mark.parametrize(
    ("inputs", "shape"),
    [
        ([(None, 12, 10, 3)], (12, 10, 3)),
        ([(1, 12, 10, None)], (12, 10, 1)),
        ([(None, None, None, 3)], (32, 32, 3)),
        ([(None, 12, None, 3)], (32, 32, 3)),
        # No image, or more than one: that is left to whoever uses the network.
        ([(None, 64)], (32, 32, 1)),
        ([(None, 12, 12, 3), (None, 12, 12, 3)], (32, 32, 1)),
        ([], (32, 32, 1)),
    ],
)
def test_a_network_gets_the_images_that_it_takes(inputs, shape):
    assert load_dataset_for(network(*inputs), "digits").input_shape == shape


def test_what_a_network_does_not_fix_can_be_asked_for():
    dataset = load_dataset_for(network((None, 8, 8, 1)), "digits", skip_bad=True, validation_fraction=0.2)
    assert len(dataset.validation) > len(load_dataset("digits").validation)


def test_a_wrong_name_for_a_network():
    with pytest.raises(UnknownName, match="did you mean 'digits'"):
        load_dataset_for(network((None, 8, 8, 1)), "digit")
