"""Which output is which class: matched by name, held against permutations made by hand."""

import dataclasses
import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgezoo.common.errors import EdgezooError
from edgezoo.datasets.dataset import Split
from edgezoo.evaluate import compare_files, evaluate_files, load_runner
from edgezoo.evaluate.accuracy import score
from edgezoo.evaluate.classes import assign

from ..schemas import assert_valid
from ..tflite_metadata import labelled

ORDER = [3, 0, 5, 1, 4, 2]


def pixels_of(split):
    return split.read(np.arange(len(split)))


def reordered(dataset, order):
    """The same images of the classes in ``order`` alone, in that order."""
    number = {old: new for new, old in enumerate(order)}
    rows = np.flatnonzero(np.isin(dataset.test.labels, order))
    test = dataset.test.subset(rows)
    test = Split(test._images, [number[label] for label in test.labels], test._rows)
    return dataclasses.replace(dataset, class_names=tuple(dataset.class_names[old] for old in order), test=test)


@pytest.fixture(scope="module")
def known(zoo, dataset, tmp_path_factory):
    """The int8 file with the names of its classes inside, and the ``.keras`` file with a list beside it."""
    folder = tmp_path_factory.mktemp("known")
    keras, tflite = shutil.copy(zoo.keras, folder / "model.keras"), folder / "foreign.tflite"
    names = "".join(f"{name}\n" for name in dataset.class_names)
    (folder / "labels.txt").write_text(names)
    with open(zoo.bars_int8, "rb") as file:
        tflite.write_bytes(labelled(file.read(), {"labels.txt": names.encode()}))
    return SimpleNamespace(keras=str(keras), tflite=str(tflite))


def test_the_order_of_a_data_sets_classes_changes_no_number(known, dataset, capsys):
    files = [known.keras, known.tflite]
    other = reordered(dataset, ORDER)
    before, after = (evaluate_files(files, data) for data in (dataset, other))
    for result, same, how in zip(after["results"], before["results"], ("labels.txt", "metadata"), strict=True):
        answers = load_runner(result["file"]).predict(pixels_of(dataset.test)).argmax(axis=1)
        assert result["top1"] == same["top1"] == np.mean(answers == dataset.test.labels)
        assert (result["top5"], result["loss"]) == (same["top5"], same["loss"])
        assert [row["class"] for row in result["per_class"]] == list(other.class_names)
        assert result["per_class"] == [same["per_class"][old] for old in ORDER]
        assert np.array_equal(result["confusion"], np.array(same["confusion"])[np.ix_(ORDER, ORDER)])
        assert same["classes"] == {"known_by": how, "matched": "same order", "note": None}
        assert (result["classes"]["known_by"], result["classes"]["matched"]) == (how, "reordered")
    assert [(pair["agreement"], pair["only_a"]) for pair in after["pairs"]] == [
        (pair["agreement"], pair["only_a"]) for pair in before["pairs"]
    ]
    assert_valid(json.loads(json.dumps(after)), "evaluate", "results")
    assert capsys.readouterr().err.count("in another order") == 2


def test_files_of_unlike_order_are_compared_class_by_class(known, zoo, dataset, tmp_path):
    """One file gives the same scores in another order, and says so."""
    import keras

    model = keras.models.load_model(zoo.keras)
    permute = np.eye(6, dtype="float32")[:, ORDER]
    layer = keras.layers.Dense(6, use_bias=False)
    turned = keras.Model(model.inputs, layer(model.outputs[0]))
    layer.set_weights([permute])
    turned.save(tmp_path / "turned.keras")
    (tmp_path / "labels.txt").write_text("".join(f"{dataset.class_names[old]}\n" for old in ORDER))
    document = compare_files([known.keras, tmp_path / "turned.keras"], dataset, tmp_path / "report", limit=60)
    (pair,) = document["pairs"]
    assert (pair["agreement"], pair["difference"]) == (1, 0)
    assert any("turned.keras" in note and "in another order" in note for note in document["notes"])
    assert "in another order" in (tmp_path / "report" / "report.html").read_text()


def test_some_of_a_networks_classes(known, dataset):
    few = [4, 1]
    (result,) = evaluate_files([known.tflite], reordered(dataset, few))["results"]
    labels = dataset.test.labels
    scores = load_runner(known.tflite).predict(pixels_of(dataset.test))[np.isin(labels, few)]
    labels = labels[np.isin(labels, few)]
    answers = scores.argmax(axis=1)
    assert not np.isin(answers, few).all()  # some are of classes that the data do not have: wrong
    assert result["top1"] == np.mean(answers == labels)
    assert result["n"] == len(labels) == sum(row["n"] for row in result["per_class"])
    assert result["confusion"] == [[int(np.sum((labels == i) & (answers == j))) for j in few] for i in few]
    assert result["loss"] == pytest.approx(np.mean(-np.log(np.clip(scores[np.arange(len(labels)), labels], 1e-7, 1))))
    assert result["classes"]["matched"] == "subset" and "any other answer counts as wrong" in result["classes"]["note"]


def test_other_classes_are_an_error_unless_taken_by_position(known, zoo, dataset, capsys):
    names = ("Hemd", "Stiefel", "c", "d", "e", "f")
    german = dataclasses.replace(dataset, class_names=names)
    with pytest.raises(EdgezooError) as error:
        evaluate_files([zoo.keras, known.tflite], german)
    for part in ("foreign.tflite tells T-shirt, Ankle boot,", "(metadata)", "Hemd, Stiefel", "--classes-by-position"):
        assert part in str(error.value)
    assert "\n" not in str(error.value)
    (taken,) = evaluate_files([known.tflite], german, classes_by_position=True)["results"]
    (plain,) = evaluate_files([zoo.bars_int8], german)["results"]  # of which nobody knows the classes
    assert (taken["top1"], taken["confusion"]) == (plain["top1"], plain["confusion"])
    assert plain["classes"] == {"known_by": None, "matched": "unknown", "note": None}
    assert (taken["classes"]["known_by"], taken["classes"]["matched"]) == ("metadata", "by position")
    assert "taken by position" in taken["classes"]["note"]
    assert capsys.readouterr().err.count("taken by position") == 1


def test_the_number_of_classes_has_both_lists(known, dataset):
    two, message = (
        dataclasses.replace(dataset, class_names=("x", "y")),
        r"gives 6 scores an image \(T-shirt, .*\(x, y\)",
    )
    for by_position in (False, True):
        with pytest.raises(EdgezooError, match=message):
            evaluate_files([known.tflite], two, limit=5, classes_by_position=by_position)


def test_labels_of_another_file_are_passed_over(zoo, dataset, tmp_path):
    """A list of as many names as the data have, beside a file with another number of outputs, and the other way."""
    path = shutil.copy(zoo.bars_int8, tmp_path / "net.tflite")
    (tmp_path / "labels.txt").write_text("".join(f"{name}\n" for name in (*dataset.class_names, "more")))
    (result,) = evaluate_files([path], dataset, limit=20)["results"]
    assert result["classes"]["matched"] == "unknown"


def data(*class_names):
    return SimpleNamespace(name="data", class_names=class_names)


@pytest.fixture
def named(tmp_path):
    """A function from names to a file that is known to have those classes."""

    def make(*names):
        (tmp_path / "net.keras").write_bytes(b"any")
        (tmp_path / "labels.txt").write_text("".join(f"{name}\n" for name in names))
        return tmp_path / "net.keras"

    return make


@pytest.mark.parametrize(
    ("names", "classes", "outputs", "matched"),
    [
        (("cat", "dog"), ("cat", "dog"), (0, 1), "same order"),
        (("T-shirt/top", "Ankle boot"), ("ankle_boot", "t_shirt_top"), (1, 0), "reordered"),
        (("Straße", "Ärmel"), ("a\u0308rmel", "STRASSE"), (1, 0), "reordered"),
        (("background", "tench, Tinca tinca", "crane", "crane"), ("tinca tinca", "background"), (1, 0), "subset"),
        (("0", "1", "10", "2"), ("0", "1", "2", "10"), (0, 1, 3, 2), "reordered"),
        (("0", "1", "2"), ("cat", "dog", "emu"), (0, 1, 2), "by position"),
        (("cat", "dog"), ("class_1", "class_2"), (0, 1), "by position"),
        (("1", "2"), ("0", "1"), (0, 1), "by position"),
    ],
)
def test_names_that_mean_the_same(named, names, classes, outputs, matched):
    found = assign(named(*names), data(*classes))
    assert (found.outputs, found.matched) == (outputs, matched)
    assert (found.note is None) == (matched == "same order")


@pytest.mark.parametrize(
    ("names", "classes"),
    [
        (("cat", "dog", "emu"), ("cat", "dog", "fox")),
        (("C++", "Java"), ("C#", "Java")),
        (("+", "-"), ("-", "*")),
        (("a b", "a_b", "c"), ("A-B", "d", "c")),
        (("tench", "carp"), ("tench, Tinca", "bream, Abramis")),
        (("3", "8"), ("cat", "dog")),
    ],
)
def test_names_that_do_not(named, names, classes):
    with pytest.raises(EdgezooError, match="not the same classes"):
        assign(named(*names), data(*classes))
    assert assign(named(*names), data(*classes), by_position=True).outputs == tuple(range(len(classes)))


def test_a_renamed_class_of_many_is_shown(named):
    names = [f"kind {chr(97 + k)}" for k in range(20)]
    with pytest.raises(EdgezooError, match=r"tells kind r, .* and 15 more apart .* has car, .* and 15 more"):
        assign(named(*names), data(*(name if name != "kind r" else "car" for name in names)))


@given(st.permutations(range(7)), st.integers(1, 7), st.integers(0, 2**32 - 1))
def test_scores_by_outputs_are_those_of_sorted_columns(order, classes, seed):
    """Of random scores, which do not tie: as if the columns stood in the data set's order, the others behind."""
    rng = np.random.default_rng(seed)
    labels, scores = rng.integers(0, classes, 30), rng.random((30, 7))
    result = score(labels, scores, tuple(map(str, range(classes))), order[:classes])
    columns = scores[:, order]
    answers = columns.argmax(axis=1)
    assert result["top1"] == np.mean(answers == labels)
    assert result["top5"] == np.mean((np.argsort(-columns)[:, :5] == labels[:, None]).any(axis=1))
    of_classes = range(classes)
    assert result["confusion"] == [
        [int(np.sum((labels == i) & (answers == j))) for j in of_classes] for i in of_classes
    ]
