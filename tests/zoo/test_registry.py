import pytest

from edgezoo.common.errors import EdgezooError, UnknownName
from edgezoo.inspection.catalog import catalog
from edgezoo.zoo import StridedCNN, build, list_models, register
from edgezoo.zoo.families import FAMILIES
from edgezoo.zoo.registry import entry

#: One of each family, and of ours all.
VARIED = [name for name in list_models() if entry(name).family != "Backbone" or name == "mobilenet_025"]


@pytest.mark.parametrize("input_shape", [(28, 28, 1), (32, 32, 3), (96, 96, 3)], ids=str)
@pytest.mark.parametrize("name", VARIED)
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
    for pattern in (
        "feedforward_*",
        "pooled_??",
        "pooled_?",
        "strided_*",
        "global_??",
        "global_?",
        "global_inverted_*",
    ):
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


def test_users_add_their_own(own_models):
    @register("PooledCNN")
    def pooled_mine():
        """Mine."""
        return {"filters": (2, 3), "units": ()}

    assert entry("pooled_mine").summary == "Mine."
    assert build("pooled_mine", input_shape=(9, 9, 1)).get_layer("stage2_block1").filters == 3
    with pytest.raises(ValueError, match="registered already"):
        register("PooledCNN")(pooled_mine)


def test_a_wrong_family_meets_the_nearest():
    with pytest.raises(UnknownName, match=r"unknown family 'PooledCN'; did you mean 'PooledCNN'.* FeedForward, "):
        register("PooledCN")


def test_what_the_catalog_does_not_know_is_measured(own_models):
    def MyCNN(input_shape=(28, 28, 1), classes=10, name="mine"):
        return StridedCNN(input_shape, classes, filters=(2, 3), units=(), name=name)

    @register(MyCNN)
    def mine_s():
        """Mine."""
        return {}

    (row,) = catalog("mine*")
    assert (row["name"], row["family"], row["summary"], row["weights"]) == ("mine_s", "MyCNN", "Mine.", [])
    assert row["params"] == build("mine_s").count_params() and row["macs"] > 0


def test_other_packages_bring_families_and_models(own_package):
    own_package(
        """
        from edgezoo.zoo import GlobalPoolCNN, register

        def WideCNN(input_shape=(28, 28, 1), classes=10, *, name="wide"):
            return GlobalPoolCNN(input_shape, classes, filters=(40,), name=name)

        @register("WideCNN")
        def wide_s():
            "Wide."
            return {}
        """,
        {"edgezoo.families": "WideCNN = {module}:WideCNN", "edgezoo.models": "wide = {module}:wide_s"},
    )
    assert list_models()[-1] == "wide_s" and list(FAMILIES)[-1] == "WideCNN"
    assert build("wide_s", input_shape=(8, 8, 3)).get_layer("stage1_downsample").filters == 40


def test_another_packages_builder_that_is_not_there_is_named(own_package):
    own_package("", {"edgezoo.families": "WideCNN = {module}:WideCNN"})
    with pytest.raises(EdgezooError, match=r":WideCNN, which an installed package adds .* cannot be loaded"):
        _ = FAMILIES["WideCNN"].builder
