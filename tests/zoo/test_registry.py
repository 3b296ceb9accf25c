import pytest

from edgezoo.common.errors import EdgezooError, UnknownName
from edgezoo.zoo import build, list_models, register
from edgezoo.zoo.registry import _ENTRIES, entry


def test_there_are_some_sixteen_models_of_all_families():
    assert 12 <= len(list_models()) <= 17
    families = {"FeedForward", "PooledCNN", "StridedCNN", "GlobalPoolCNN", "Ensemble"}
    assert {entry(name).family for name in list_models()} == families


@pytest.mark.parametrize("input_shape", [(28, 28, 1), (32, 32, 3), (96, 96, 3)], ids=str)
@pytest.mark.parametrize("name", list_models())
def test_every_named_model_builds(name, input_shape):
    model = build(name, input_shape=input_shape, classes=5)
    assert model.name == name
    assert model.input_shape == (None, *input_shape)
    assert model.output_shape == (None, 5)


def test_patterns():
    assert list_models("strided*") == [name for name in list_models() if name.startswith("strided")]
    assert list_models("STRIDED_S") == ["strided_s"]
    assert list_models("nothing*") == []


def test_sizes_rise_within_a_family():
    for pattern in ("feedforward_*", "pooled_??", "pooled_?", "strided_*", "global_*"):
        sizes = [build(name, input_shape=(28, 28, 1)).count_params() for name in list_models(pattern)]
        assert sizes == sorted(sizes)


def test_overrides_replace_the_named_sizes_settings():
    assert build("strided_s", filters=(4, 4), blocks=1, units=(), name="mine").name == "mine"


def test_a_wrong_name_meets_the_nearest():
    with pytest.raises(UnknownName, match=r"unknown model 'strided_z'; did you mean .*'strided_s'"):
        build("strided_z")
    with pytest.raises(UnknownName, match=r"unknown option of strided_s 'pading'; did you mean 'padding'"):
        build("strided_s", pading="same")


def test_a_wrong_value_gives_one_line():
    with pytest.raises(EdgezooError, match="cannot build pooled_s: `pooling` must be one of") as error:
        build("pooled_s", pooling="median")
    assert "\n" not in str(error.value)


def test_users_add_their_own(monkeypatch):
    monkeypatch.setattr("edgezoo.zoo.registry._ENTRIES", dict(_ENTRIES))

    @register("PooledCNN")
    def pooled_mine():
        """Mine."""
        return {"filters": (2, 3), "units": ()}

    assert entry("pooled_mine").summary == "Mine."
    assert build("pooled_mine", input_shape=(9, 9, 1)).get_layer("stage2_block1").filters == 3
    with pytest.raises(ValueError, match="registered already"):
        register("PooledCNN")(pooled_mine)
