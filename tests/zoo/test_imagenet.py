"""Which file is fetched, held against what ``keras.applications`` itself would fetch; nothing is downloaded."""

import keras
import pytest
from keras.src.applications import mobilenet
from keras.src.utils import file_utils

from edgezoo.common.errors import EdgezooError, UnknownName
from edgezoo.zoo import Backbone, build, imagenet
from edgezoo.zoo.imagenet import fetch_weights
from edgezoo.zoo.starting import start_of

MINIMALISTIC = {"minimalistic": True, "include_top": False}


class Asked(Exception):
    """Raised with what is asked of ``get_file``."""


def asked(file, origin, cache_subdir=None, file_hash=None):
    raise Asked(file, origin, cache_subdir, file_hash)


@pytest.mark.filterwarnings("ignore:`input_shape` is undefined")
@pytest.mark.parametrize(
    ("network", "alpha", "side", "options"),
    [
        ("MobileNet", 0.25, 128, {}),
        ("MobileNetV2", 0.35, 96, {}),
        ("MobileNetV3Large", 1.0, 224, MINIMALISTIC),
    ],
)
def test_the_file_is_the_one_that_keras_fetches(network, alpha, side, options, monkeypatch):
    monkeypatch.setattr(file_utils, "get_file", asked)
    with pytest.raises(Asked) as theirs:
        getattr(keras.applications, network)(input_shape=(side, side, 3), alpha=alpha, weights="imagenet", **options)
    monkeypatch.setattr(keras.utils, "get_file", asked)
    with pytest.raises(EdgezooError) as ours:
        fetch_weights(network, alpha, (side, side))
    assert ours.value.__cause__.args == theirs.value.args


@pytest.mark.parametrize(
    ("network", "sides", "side"),
    [("MobileNet", (96, 96), 128), ("MobileNet", (170, 150), 160), ("MobileNetV2", (None, None), 224),
     ("MobileNetV2", (32, 96), 96), ("MobileNetV2", (1000, 96), 224)],
)  # fmt: skip
def test_of_several_the_one_for_the_nearest_size_is_taken(network, sides, side, monkeypatch):
    monkeypatch.setattr(keras.utils, "get_file", lambda file, *_, **__: file)
    assert f"_{side}" in fetch_weights(network, 1.0, sides)


@pytest.fixture
def without_network(monkeypatch, tmp_path):
    monkeypatch.setattr(mobilenet, "BASE_WEIGHT_PATH", "http://127.0.0.1:9/")
    monkeypatch.setattr(file_utils.config, "keras_home", lambda: str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    return tmp_path / "models"


def test_without_a_network_the_file_and_its_place_are_said(without_network):
    with pytest.raises(EdgezooError, match=r"Keras' download failed .*put mobilenet_2_5_128_tf\.h5 into ") as error:
        build("mobilenet_025", classes=3, weights="imagenet")
    assert f"{without_network}, or give a weights file." in str(error.value) and "\n" not in str(error.value)


def test_a_file_in_keras_cache_is_taken(without_network):
    without_network.mkdir()
    pytest.importorskip("tf_keras").applications.MobileNet((128, 128, 3), alpha=0.25, weights=None).save_weights(
        without_network / "mobilenet_2_5_128_tf.h5"
    )
    model = build("mobilenet_025", weights="imagenet")
    assert model.output_shape == (None, 1000)
    assert (start_of(model).weights, start_of(model).new) == ("imagenet", ())


def test_where_there_are_none_is_said(monkeypatch):
    monkeypatch.setattr(keras.utils, "get_file", asked)
    with pytest.raises(UnknownName, match="unknown weights of strided_s 'imagenet'"):
        build("strided_s", weights="imagenet")
    with pytest.raises(UnknownName, match="unknown weights of efficientnet_lite0 'imagenet'"):
        build("efficientnet_lite0", weights="imagenet")
    with pytest.raises(UnknownName, match="unknown weights of mobilenet_025 'imagnet'; did you mean 'imagenet'"):
        build("mobilenet_025", weights="imagnet")
    with pytest.raises(ValueError, match=r"no ImageNet weights of MobileNet of this width .*0\.25, 0\.5, 0\.75, 1\.0"):
        Backbone((32, 32, 3), alpha=0.3, weights="imagenet")
    with pytest.raises(ValueError, match=r"of EfficientNetLite0 of this width \(there are: none\)"):
        fetch_weights("EfficientNetLite0", 1.0, (96, 96))
    assert set(imagenet.PUBLISHED) == {"MobileNet", "MobileNetV2", "MobileNetV3Small", "MobileNetV3Large"}
