import json

import numpy as np
import pytest

from edgezoo.common.errors import EdgezooError, UnknownName
from edgezoo.common.files import sha256
from edgezoo.common.fit import Fit
from edgezoo.train import prepare
from edgezoo.zoo import PooledCNN
from edgezoo.zoo.registry import entry
from edgezoo.zoo.starting import start_of


def test_a_named_model_is_built_for_the_data():
    network, dataset = prepare("pooled_xs", "digits")
    assert network.input_shape[1:] == dataset.input_shape == (32, 32, 1)
    assert network.output_shape == (None, 10)


def test_the_seed_is_that_of_the_weights():
    first, same, other = (prepare("pooled_xs", "digits", seed=seed)[0].get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, same, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def test_a_file_gets_the_images_that_it_takes(tmp_path):
    PooledCNN((12, 12, 3), classes=10, filters=(2,), units=()).save(tmp_path / "rgb.keras")
    network, dataset = prepare(str(tmp_path / "rgb.keras"), "digits")
    assert network.input_shape[1:] == dataset.input_shape == (12, 12, 3)


def test_a_wrong_name_is_said_before_the_data_are_read(tmp_path):
    with pytest.raises(UnknownName, match="unknown model"):
        prepare("strided_xss", "no-such-data")
    with pytest.raises(EdgezooError, match=r"mine\.keras does not exist"):
        prepare(str(tmp_path / "mine.keras"), "no-such-data")


def test_a_named_model_begins_with_weights(tmp_path):
    PooledCNN((32, 32, 1), classes=3, **entry("pooled_xs").settings).save(tmp_path / "old.keras")
    network, _ = prepare("pooled_xs", "digits", weights=tmp_path / "old.keras")
    assert network.output_shape == (None, 10) and start_of(network).new == ("predictions",)
    with pytest.raises(EdgezooError, match=r"old\.keras has weights of its own"):
        prepare(str(tmp_path / "old.keras"), "no-such-data", weights=tmp_path / "old.keras")
    with pytest.raises(UnknownName, match="unknown weights of pooled_xs 'imagenet'"):
        prepare("pooled_xs", "no-such-data", weights="imagenet")


def test_a_size_can_be_asked_for_where_the_network_does_not_fix_it(tmp_path, capsys):
    network, dataset = prepare("pooled_xs", "digits", image_size=(24, 16), fit="crop")
    assert network.input_shape[1:] == dataset.input_shape == (24, 16, 1) and dataset.fit == Fit("crop")
    assert "digits: images of 8×8 are cropped to 24×16" in capsys.readouterr().err
    PooledCNN((12, 12, 1), classes=10, filters=(2,), units=()).save(tmp_path / "fixed.keras")
    assert prepare(str(tmp_path / "fixed.keras"), "digits", image_size=12)[1].input_shape == (12, 12, 1)
    with pytest.raises(EdgezooError, match="takes images of 12×12, not of 16×16; leave out --input-size, or build"):
        prepare(str(tmp_path / "fixed.keras"), "digits", image_size=16)


def test_a_file_of_a_run_gets_its_images_as_there(tmp_path):
    path = tmp_path / "model.keras"
    PooledCNN((12, 12, 1), classes=10, filters=(2,), units=()).save(path)
    record = {"dataset": {"fit": {"kind": "pad", "border": [7]}}, "results": {"model_sha256": sha256(path)}}
    (tmp_path / "run.json").write_text(json.dumps(record))
    assert prepare(str(path), "digits")[1].fit == prepare(str(path), "digits", fit="pad")[1].fit == Fit("pad", (7,))
    assert prepare(str(path), "digits", fit="crop")[1].fit == Fit("crop")
    (tmp_path / "run.json").write_text(json.dumps({**record, "dataset": {"fit": {"kind": "pad"}}}))
    assert prepare(str(path), "digits")[1].fit == Fit()
