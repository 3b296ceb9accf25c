import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edgezoo.datasets.dataset import Split, assemble
from edgezoo.datasets.sources import ArraySource
from edgezoo.datasets.splitting import by_content, by_position


def image(number):
    """A picture that shows a number, and no other."""
    return np.frombuffer(int(number).to_bytes(8, "little"), np.uint8).reshape(2, 4, 1)


def parts(numbers_of, seed=0, fraction=0.1, **given_parts):
    """``{split: set of (label, number)}`` of classes of numbered pictures, ``{label: numbers}``."""
    rows = [(label, number) for label, numbers in numbers_of.items() for number in numbers]

    def split(rows):
        return Split(ArraySource(np.stack([image(number) for _, number in rows])), [label for label, _ in rows])

    names = [str(label) for label in range(1 + max(numbers_of))]
    given_parts = {part: split(rows) for part, rows in given_parts.items()}
    options = {"seed": seed, "validation_fraction": fraction}
    dataset = assemble("toy", names, (2, 4, 1), {"train": split(rows), **given_parts}, {}, **options)
    return {
        part: [
            (label, int.from_bytes(pixels.tobytes(), "little"))
            for label, pixels in zip(each.labels.tolist(), each.read(np.arange(len(each))), strict=True)
        ]
        for part, each in dataset.splits.items()
    }


def held_out(found):
    return set(found["validation"]) | set(found["test"])


numbers = st.sets(st.integers(0, 10**6), min_size=8, max_size=60)
#: So many that more of them will not be below a fifth than the test split may take.
many = st.sets(st.integers(0, 10**6), min_size=25, max_size=80)


@given(many, many, st.sets(st.integers(2 * 10**6, 3 * 10**6), max_size=40), st.integers(0, 2**32))
def test_added_images_move_no_other_out_of_training(a, b, added, seed):
    before, after = parts({0: a, 1: b}, seed), parts({0: a | added, 1: b}, seed)
    assert not set(before["train"]) & held_out(after)


@given(st.sets(st.integers(0, 10**6), min_size=80, max_size=160), st.data(), st.integers(0, 2**32))
def test_removed_images_move_no_other_out_of_training(a, data, seed):
    """Where each class still has two images in each split by its own: see ``by_content`` for what else there can be."""
    before = parts({0: a, 1: a}, seed)
    removed = set(data.draw(st.lists(st.sampled_from(sorted(a)), max_size=40)))
    assume(all(len({number for _, number in before[part]} - removed) >= 2 for part in ("validation", "test")))
    after = parts({0: a - removed, 1: a - removed}, seed)
    assert not set(before["train"]) & held_out(after)
    # … and those that were held out still are, where they were.
    for part in ("validation", "test"):
        assert set(after[part]) == {(label, number) for label, number in before[part] if number not in removed}


@given(numbers, st.randoms(use_true_random=False), st.integers(0, 9))
def test_names_and_order_do_not_matter(a, random, seed):
    shuffled = sorted(a)
    random.shuffle(shuffled)
    one, other = parts({0: sorted(a), 1: sorted(a)}, seed), parts({0: shuffled, 1: sorted(a)}, seed)
    assert {part: set(rows) for part, rows in one.items()} == {part: set(rows) for part, rows in other.items()}


@given(numbers, st.integers(1, 4), st.integers(0, 9))
def test_identical_images_are_in_the_same_split(a, copies, seed):
    found = parts({0: sorted(a) * copies, 1: sorted(a)}, seed)
    for part, rows in found.items():
        others = {number for other, rest in found.items() if other != part for label, number in rest if label == 0}
        assert not {number for label, number in rows if label == 0} & others


@given(st.integers(6, 30), st.integers(0, 2**32), st.floats(0.01, 0.99), st.integers(1, 3))
def test_every_class_has_two_different_images_in_every_split(count, seed, fraction, copies):
    found = parts({0: [*range(count)] * copies, 1: range(100, 106)}, seed, fraction)
    assert all(len({row for row in rows if row[0] == label}) >= 2 for rows in found.values() for label in (0, 1))


@given(st.integers(2, 40), st.integers(0, 9), st.floats(0.01, 0.99))
def test_of_places_too_every_class_has_two_in_every_split(count, seed, fraction):
    split = Split(ArraySource(np.zeros((count, 2, 2, 1), np.uint8)), np.zeros(count, int))
    drawn = by_position(seed)(split, "test", fraction, 1).sum()
    assert min(drawn, count - drawn) >= (2 if count >= 4 else 1)
    assert drawn == round(fraction * count) or min(drawn, count - drawn) <= 2


@pytest.mark.parametrize(("plums", "figs"), [(5, 3), (6, 3), (6, 6)])
def test_classes_too_small_for_two_in_each_split_are_named(plums, figs, capsys):
    parts({0: range(20), 1: range(30, 30 + plums), 2: range(50, 50 + figs)})
    said = capsys.readouterr().err
    assert said.count("\n") == (plums < 6 or figs < 6)
    assert ("'1' (5)" in said, "'2' (3)" in said) == (plums == 5, figs == 3)
    assert not said or "in each of train, test, validation, which takes 6 different ones" in said


def test_copies_are_no_different_images_and_that_is_told(capsys):
    found = parts({0: [1] * 3 + [2] * 3 + [3], 1: range(20)})
    assert all(any(label == 0 for label, _ in rows) for rows in found.values())
    assert "'0' (3)" in capsys.readouterr().err


@given(st.integers(3, 20), st.integers(0, 2**32), st.floats(0.01, 0.99), st.booleans())
def test_every_class_is_in_every_split(count, seed, fraction, all_alike):
    a = [7] * count if all_alike else list(range(count))
    found = parts({0: a, 1: range(100, 103)}, seed, fraction)
    assert all({label for label, _ in rows} == {0, 1} for rows in found.values())
    assert sorted(row for rows in found.values() for row in rows) == sorted(
        [(0, number) for number in a] + [(1, number) for number in range(100, 103)]
    )


def test_the_shares_are_met_on_average():
    found = parts({0: range(5000), 1: range(5000, 10_000)}, fraction=0.25)
    # Of 10,000 the standard deviation is 40.
    assert len(found["test"]) == pytest.approx(2000, abs=160)
    assert len(found["validation"]) == pytest.approx(2000, abs=160)


def test_a_test_folder_given_later_leaves_validation_as_it_is():
    a = {0: range(200), 1: range(200, 400)}
    before = parts(a)
    after = parts(a, test=[(0, 900), (1, 901)])
    assert set(before["validation"]) <= set(after["validation"])
    assert not set(before["train"]) & set(after["validation"])


def test_the_seed_decides():
    found = [set(parts({0: range(50), 1: range(50)}, seed)["test"]) for seed in (1, 1, 2)]
    assert found[0] == found[1] != found[2]


def test_the_choice_is_the_same_on_every_machine():
    """By hand: BLAKE2b of the text, 8 bytes, read from the low end, against a fifth of 2^64."""
    import hashlib

    split = Split(ArraySource(np.stack([image(number) for number in range(100)])), np.zeros(100, int))
    drawn = by_content(3)(split, "test", 0.2, 1)
    for number, chosen in enumerate(drawn):
        content = hashlib.blake2b("2×4".encode() + image(number).tobytes(), digest_size=8).digest()
        text = f"{int.from_bytes(content, 'little'):016x} test 3"
        value = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
        assert chosen == (value < 0.2 * 2**64)
