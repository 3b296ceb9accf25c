import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgezoo.datasets.split_names import settled, splits_among, words_of


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        (("train", "validation", "test"), ("train", "validation", "test")),
        (("training_set", "test_set"), ("train", "test")),
        (("Training Set", "TEST-SET"), ("train", "test")),
        (("train_images", "images_test"), ("train", "test")),
        (("seg_train", "seg_test"), ("train", "test")),
        (("TrainingData", "ValidationData", "TestData"), ("train", "validation", "test")),
        (("trainset", "valset", "testset"), ("train", "validation", "test")),
        (("train2017", "val2017"), ("train", "validation")),
        (("flowers-train", "flowers-valid"), ("train", "validation")),
        (("train", "dev", "test"), ("train", "validation", "test")),
        (("train", "holdout"), ("train", "test")),
        (("train", "hold-out_set"), ("train", "test")),
        # Two sets: the second is what people report on. Three: it is the one to choose with.
        (("train", "eval"), ("train", "test")),
        (("training", "evaluation"), ("train", "test")),
        (("train", "eval", "test"), ("train", "validation", "test")),
        (("train", "val", "eval"), ("train", "validation", "test")),
        (("train_val", "test"), ("train", "test")),
        (("trainval", "test"), ("train", "test")),
    ],
)
def test_names_as_people_give_them(names, splits):
    found = settled(splits_among(names))
    assert tuple(found.get(name) for name in names) == splits


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("train", "tram", "bus"), {"train"}),
        (("train_station", "test_tube"), {"train_station"}),  # one of them; alone it is a class
        (("seg_train", "seg_test", "seg_pred"), {"seg_train", "seg_test"}),
        (("train", "test", "test2"), {"train", "test"}),
        (("constraint", "contest", "evaluator", "invalid", "latest"), set()),
        (("en", "tr", "te", "de"), set()),  # languages
        (("positive_test", "negative_test"), {"positive_test"}),
        ((), set()),
    ],
)
def test_other_words_are_no_splits(names, found):
    assert len(splits_among(names)) == len(found)
    assert set(splits_among(names)) == found


@given(
    st.sampled_from([("train", "train"), ("val", "validation"), ("valid", "validation"), ("test", "test")]),
    st.sampled_from(["{}", "{}_set", "{}-images", "images {}", "{}Data", "data.{}", "{}_data_set"]),
    st.sampled_from([str.lower, str.upper, str.title]),
)
def test_affixes_letters_and_separators_do_not_matter(word, form, letters):
    name = letters(form.replace("D", "_d").format(word[0]))
    assert settled(splits_among([name])) == {name: word[1]}


def test_words():
    assert words_of("TrainingSet-2") == words_of("trainingset2") == ["training", "set", "2"]
    assert words_of("Ünï-Test") == ["ünï", "test"]
