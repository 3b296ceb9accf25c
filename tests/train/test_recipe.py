import dataclasses
import itertools
import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from edgezoo.common.errors import EdgezooError, UnknownName
from edgezoo.train import Recipe, list_recipes

NUMBERS = [field for field in dataclasses.fields(Recipe) if "low" in field.metadata]
CHOICES = [field for field in dataclasses.fields(Recipe) if "choices" in field.metadata]


def test_a_file_overrides_the_defaults_and_arguments_override_the_file(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("epochs: 7\nlearning_rate: 1e-3\nflip: null\n")
    recipe = Recipe.load(path, epochs=9)
    assert recipe == Recipe(epochs=9, learning_rate=0.001, flip=None)


def test_shipped_recipes_load_by_name():
    assert {"quick", "strong"} <= set(list_recipes())
    for name in list_recipes():
        assert Recipe.load(name) != Recipe()


def test_a_recipe_survives_json():
    recipe = Recipe.load("strong", seed=5)
    assert Recipe(**json.loads(json.dumps(dataclasses.asdict(recipe)))) == recipe


@given(st.data(), st.sampled_from(NUMBERS))
def test_numbers_are_taken_within_their_range_only(data, field):
    kind, low, high = (field.metadata[key] for key in ("kind", "low", "high"))
    inside = data.draw(st.integers(low, high) if kind is int else st.floats(low, high))
    assert getattr(Recipe(**{field.name: inside}), field.name) == inside
    outside = data.draw(
        st.one_of(
            st.integers(max_value=-1),
            st.floats(min_value=high, exclude_min=True, allow_infinity=True),
            st.sampled_from([float("nan"), True, None, "many", "nan", [1], {}]),
        )
    )
    with pytest.raises(EdgezooError, match=f"recipe: {field.name} must be "):
        Recipe(**{field.name: outside})


@pytest.mark.parametrize("field", CHOICES, ids=lambda field: field.name)
@pytest.mark.parametrize("value", ["Adam", 1, 0.0, ["cosine"], {}])
def test_choices_are_named(field, value):
    last = yaml.safe_dump(field.metadata["choices"][-1]).split()[0]
    with pytest.raises(EdgezooError, match=f"{field.name} must be one of .*{last}"):
        Recipe(**{field.name: value})


def test_unknown_names_get_a_suggestion(tmp_path):
    path = tmp_path / "typo.yaml"
    path.write_text("learning_rat: 1")
    with pytest.raises(UnknownName, match="'learning_rat'; did you mean 'learning_rate'"):
        Recipe.load(path)
    with pytest.raises(UnknownName, match="unknown recipe 'strongg'; did you mean 'strong'"):
        Recipe.load("strongg")


LETTERS = "abcdefghijklmopqrstuvwxz"
ALIASES = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefghi", "bcdefghij", strict=True))


#: Each mapping has the one before twice: merged they take all memory.
MERGES = "a: &a {x: 1}\n" + "".join(f"{b}: &{b} {{<<: [*{a}, *{a}]}}\n" for a, b in itertools.pairwise(LETTERS))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"- epochs\n",
        b"epochs",
        b"\xff\xfe\x00",
        b"epochs: [",
        b"epochs: !!python/object/apply:os.getcwd []",
        b"[" * 5000,
        (ALIASES + "epochs: *j\n").encode(),
        b"epochs: 10.0",
        b"? [1]\n: 2\n",
        MERGES.encode(),
        b"epochs: 2020-99-99",
        b"epochs: !!bool 3",
        b"epochs: !!int 'x'",
        b"epochs: .nan",
        b"# long\n" * 20_000,
        b"e" * 60_000 + b": 1",
    ],
    ids=range(17),
)
def test_a_bad_file_is_one_short_line(tmp_path, content):
    path = tmp_path / "bad.yaml"
    path.write_bytes(content)
    with pytest.raises(EdgezooError) as caught:
        Recipe.load(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 700


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(EdgezooError, match=r"none\.yaml does not exist"):
        Recipe.load(tmp_path / "none.yaml")
