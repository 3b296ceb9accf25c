import shutil

import numpy as np
import pytest

from edgezoo.common.errors import EdgezooError, UnknownName
from edgezoo.common.files import sha256
from edgezoo.zoo import build, weights
from edgezoo.zoo.weights import index

SHIPPED = [(dataset, name) for dataset, models in index().items() for name in models]


@pytest.fixture
def published(monkeypatch, tmp_path):
    """``strided_xs`` and ``global_xs``, untrained, as if they had been published for a data set ``dots``."""
    (tmp_path / "dots").mkdir()
    models, records = {}, {}
    for name in ("strided_xs", "global_xs"):
        models[name] = build(name, input_shape=(12, 12, 2), classes=6)
        file = f"dots/{name}.keras"
        models[name].save(tmp_path / file)
        records[name] = {"file": file, "sha256": sha256(tmp_path / file), "input_shape": [12, 12, 2], "classes": 6}
    monkeypatch.setattr(weights, "shipped", tmp_path.joinpath)
    monkeypatch.setattr(weights, "index", lambda: {"dots": records})
    return models


def same_answers(one, other, shape):
    images = np.random.default_rng(0).integers(0, 256, (3, *shape)).astype("float32")
    return np.allclose(one(images), other(images), atol=1e-6)


def test_a_built_model_is_the_published_one_with_its_shape_and_classes(published):
    model = build("strided_xs", weights="dots")
    assert model.input_shape == (None, 12, 12, 2) and model.output_shape == (None, 6)
    assert same_answers(model, published["strided_xs"], (12, 12, 2))


def test_a_global_pooling_model_takes_them_at_any_size(published):
    model = build("global_xs", weights="dots", input_shape=(None, None, 2))
    assert same_answers(model, published["global_xs"], (12, 12, 2))
    assert model(np.zeros((1, 17, 9, 2))).shape == (1, 6)


def test_other_classes_and_no_top_take_all_below_the_classifier(published):
    source = published["strided_xs"]
    for model in (
        build("strided_xs", weights="dots", classes=3),
        build("strided_xs", weights="dots", include_top=False),
    ):
        for layer in model.layers:
            if layer.name != "predictions":
                trained = source.get_layer(layer.name).get_weights()
                assert all(map(np.array_equal, layer.get_weights(), trained))


def test_what_does_not_fit_is_named(published):
    with pytest.raises(EdgezooError, match=r"strided_xs cannot start from .*dots/strided_xs.keras: its layer stage1"):
        build("strided_xs", weights="dots", kernel_size=5)
    with pytest.raises(EdgezooError, match=r"its layer stage1.*those in the file are"):
        build("strided_xs", weights="dots", input_shape=(12, 12, 1))


def test_a_wrong_data_set_meets_the_ones_on_offer(published):
    with pytest.raises(UnknownName, match="unknown weights of strided_xs 'dot'; did you mean 'dots'"):
        build("strided_xs", weights="dot")
    with pytest.raises(UnknownName, match="There are none for pooled_s"):
        build("pooled_s", weights="dots")


def test_a_damaged_or_missing_file_is_refused(published, tmp_path):
    path = tmp_path / "dots" / "strided_xs.keras"
    shutil.copy(tmp_path / "dots" / "global_xs.keras", path)
    with pytest.raises(EdgezooError, match="damaged or missing"):
        build("strided_xs", weights="dots")
    path.unlink()
    with pytest.raises(EdgezooError, match="damaged or missing"):
        build("strided_xs", weights="dots")
