import collections
import json
import math
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from edgezoo.common.errors import EdgezooError, UnknownName
from edgezoo.datasets import load_dataset
from edgezoo.evaluate import evaluate_files, load_runner
from edgezoo.evaluate.accuracy import score
from edgezoo.evaluate.statistics import wilson_interval

from ..schemas import assert_valid


def pixels_of(split):
    return split.read(np.arange(len(split)))


@pytest.fixture(scope="module")
def document(zoo, dataset):
    return evaluate_files([zoo.keras, zoo.bars_float32, zoo.bars_int8], dataset)


def test_measures_are_those_of_their_definitions(zoo, dataset, document):
    """Against scikit-learn where it is not what the measures are made with, else counted one by one."""
    labels = dataset.test.labels
    for result in document["results"]:
        scores = load_runner(result["file"]).predict(pixels_of(dataset.test))
        answers = scores.argmax(axis=1)
        assert result["n"] == len(labels)
        assert result["top1"] == sklearn.metrics.accuracy_score(labels, answers)
        assert result["top5"] == sklearn.metrics.top_k_accuracy_score(labels, scores, k=5)
        classes = range(len(dataset.class_names))
        counts = collections.Counter(zip(labels.tolist(), answers.tolist(), strict=True))
        assert result["confusion"] == [[counts[i, j] for j in classes] for i in classes]
        rows = result["per_class"]
        assert [row["class"] for row in rows] == list(dataset.class_names)
        assert [row["n"] for row in rows] == [np.sum(labels == k) for k in classes]
        assert [row["accuracy"] for row in rows] == [np.mean(answers[labels == k] == k) for k in classes]
        assert [row["precision"] for row in rows] == pytest.approx(
            [np.mean(labels[answers == k] == k) for k in classes]
        )


def test_the_network_has_learned_and_its_loss_is_that_of_keras(zoo, dataset, document):
    result = document["results"][0]
    assert result["top1"] > 0.7  # so that the numbers here are not those of one constant answer
    expected = zoo.model.evaluate(pixels_of(dataset.test), dataset.test.labels, verbose=0)
    assert result["loss"] == pytest.approx(expected, rel=1e-4)


def test_pairs_are_on_the_same_images(zoo, dataset, document):
    assert len(document["pairs"]) == 3
    by_files = {(pair["a"], pair["b"]): pair for pair in document["pairs"]}
    pair = by_files[zoo.keras, zoo.bars_int8]
    pixels, labels = pixels_of(dataset.test), dataset.test.labels
    a, b = (load_runner(path).predict(pixels).argmax(axis=1) for path in (zoo.keras, zoo.bars_int8))
    assert pair["agreement"] == sklearn.metrics.accuracy_score(a, b)
    assert pair["only_a"] == np.sum((a == labels) & (b != labels))
    assert by_files[zoo.keras, zoo.bars_float32]["agreement"] == 1.0


def test_the_document_is_that_of_the_contract(zoo, document):
    assert json.loads(json.dumps(document)) == document
    assert_valid(document, "evaluate", "results")
    assert {"results", "environment", "command"} <= document.keys()
    for result in document["results"]:
        assert {"file", "sha256", "dataset", "split", "n", "top1", "top1_ci95"} <= result.keys()
        low, high = result["top1_ci95"]
        assert low < result["top1"] < high
        assert result["dataset"] == "bars" and result["split"] == "test" and result["resized_to"] is None


def test_limit_is_the_data_sets_own_sample(zoo, dataset):
    (result,) = evaluate_files([zoo.bars_int8], dataset, limit=70)["results"]
    sample = dataset.test.take(70)
    answers = load_runner(zoo.bars_int8).predict(pixels_of(sample)).argmax(axis=1)
    assert result["n"] == 70
    assert result["top1"] == sklearn.metrics.accuracy_score(sample.labels, answers)


def test_images_of_another_size_are_resized_and_that_is_recorded(zoo, dataset, capsys):
    document = evaluate_files([zoo.open_int8_20, zoo.open_float32, zoo.open], dataset, limit=40)
    assert [result["resized_to"] for result in document["results"]] == [[20, 20], None, None]
    assert [result["input_shape"] for result in document["results"]] == [[20, 20, 1], [12, 12, 1], [12, 12, 1]]
    assert "takes 20×20×1 images: those of bars, 12×12×1, are converted" in capsys.readouterr().err
    sample = dataset.test.take(40)
    resized = [
        np.array(Image.fromarray(image[..., 0]).resize((20, 20), Image.Resampling.BILINEAR))
        for image in pixels_of(sample)
    ]
    answers = load_runner(zoo.open_int8_20).predict(np.array(resized)[..., None]).argmax(axis=1)
    assert document["results"][0]["top1"] == np.mean(answers == sample.labels)


def test_the_order_of_files_does_not_matter(zoo, make_dataset, tmp_path):
    """Each file gets pictures decoded at its own size, from the originals."""
    for index, image in enumerate(pixels_of(make_dataset(side=40, n=90).test)):
        folder = tmp_path / "pictures" / str(index % 6)
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[..., 0]).save(folder / f"{index}.png")
    pictures = load_dataset(tmp_path / "pictures")
    files = [zoo.bars_int8, zoo.open_int8_20, zoo.open]
    orders = [evaluate_files(order, pictures)["results"] for order in (files, files[::-1])]
    top1 = [{result["file"]: result["top1"] for result in results} for results in orders]
    assert top1[0] == top1[1]
    pixels = load_dataset(tmp_path / "pictures", image_size=20).test.read(np.arange(len(pictures.test)))
    answers = load_runner(zoo.open_int8_20).predict(pixels).argmax(axis=1)
    assert top1[0][zoo.open_int8_20] == np.mean(answers == pictures.test.labels)


@pytest.mark.parametrize("side", [12, 18])
def test_of_a_file_for_several_sizes_the_nearest_is_evaluated(side, two_sizes, make_dataset, capsys):
    size = {12: 12, 18: 20}[side]
    whole, alone = evaluate_files([two_sizes.path, two_sizes.alone[size]], make_dataset(side, n=60))["results"]
    assert [result["input_shape"] for result in (whole, alone)] == [[size, size, 1]] * 2
    assert (whole["confusion"], whole["loss"]) == (alone["confusion"], alone["loss"])
    assert capsys.readouterr().err.count(f"the one for {size}×{size} is used") == 1


def test_gray_and_colour_are_converted_as_for_training(zoo, make_dataset, capsys):
    colourful = make_dataset(channels=3, name="colourful")
    (result,) = evaluate_files([zoo.keras], colourful)["results"]
    gray = [np.array(Image.fromarray(image).convert("L")) for image in pixels_of(colourful.test)]
    answers = load_runner(zoo.keras).predict(np.array(gray)[..., None]).argmax(axis=1)
    assert result["top1"] == np.mean(answers == colourful.test.labels)
    assert "takes 12×12×1 images: those of colourful, 12×12×3, are converted" in capsys.readouterr().err


def test_files_that_do_not_fit_the_data(zoo, make_dataset, dataset):
    for path in (zoo.keras, zoo.bars_int8):
        with pytest.raises(EdgezooError, match=r"bars.* does not fit odd: images with 2 channels cannot be made"):
            evaluate_files([path], make_dataset(channels=2, name="odd"))
        with pytest.raises(EdgezooError, match=r"bars.* gives 6 scores an image, but pairs has 2 classes"):
            evaluate_files([path], make_dataset(classes=("a", "b"), name="pairs"))
    with pytest.raises(UnknownName, match="test"):
        evaluate_files([zoo.keras], dataset, split="tests")


def test_a_file_that_cannot_run_is_named(tmp_path, zoo, dataset):
    (tmp_path / "cut.tflite").write_bytes(Path(zoo.bars_int8).read_bytes()[:900])
    with pytest.raises(EdgezooError, match=r"cut\.tflite"):
        evaluate_files([tmp_path / "cut.tflite"], dataset)


def test_answers_that_are_no_numbers_have_no_accuracy(tmp_path, convert, dataset):
    import tensorflow as tf

    # The logarithm of negative numbers.
    content = convert(lambda x: tf.math.log(tf.reshape(x, (1, 144))[:, :6] - 300.0), (12, 12, 1))
    (tmp_path / "nan.tflite").write_bytes(content)
    with pytest.raises(EdgezooError, match="NaN or infinity"):
        evaluate_files([tmp_path / "nan.tflite"], dataset, limit=5)


def test_logits_have_no_loss_and_classes_without_images_no_recall():
    labels, logits = np.array([0, 1, 1]), np.array([[2.0, -1, 0], [1, 3, 0], [5, 1, 0]])
    result = score(labels, logits, ("a", "b", "c"))
    assert result["loss"] is None and result["top5"] is None
    assert result["top1"] == pytest.approx(2 / 3)
    assert result["per_class"] == [
        {"class": "a", "n": 1, "accuracy": 1.0, "accuracy_ci95": list(wilson_interval(1, 1)), "precision": 0.5},
        {"class": "b", "n": 2, "accuracy": 0.5, "accuracy_ci95": list(wilson_interval(1, 2)), "precision": 1.0},
        {"class": "c", "n": 0, "accuracy": None, "accuracy_ci95": None, "precision": None},
    ]
    assert result["balanced_accuracy"] == 0.75


@given(st.integers(6, 12), st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_measures_hang_together(classes, n, seed):
    rng = np.random.default_rng(seed)
    labels, scores = rng.integers(0, classes, n), rng.dirichlet(np.ones(classes), n)
    result = score(labels, scores, tuple(map(str, range(classes))))
    confusion = np.array(result["confusion"])
    assert confusion.sum() == n
    assert result["top1"] <= result["top5"] <= 1
    assert result["top1"] == pytest.approx(sum((row["accuracy"] or 0) * row["n"] for row in result["per_class"]) / n)
    assert result["loss"] == pytest.approx(sklearn.metrics.log_loss(labels, scores, labels=range(classes)))
    assert math.isfinite(result["loss"])


@given(st.integers(2, 8), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_measures_of_scores_with_ties_are_counted_one_by_one(classes, n, seed):
    """Multiples of 1/8 tie often; the first of the highest is the answer, and so on down to the fifth."""
    rng = np.random.default_rng(seed)
    labels, scores = rng.integers(0, classes, n), rng.integers(0, 9, (n, classes)) / 8
    result = score(labels, scores, tuple(map(str, range(classes))))
    ranked = [sorted(range(classes), key=lambda k, row=row: (-row[k], k)) for row in scores]
    answers = [order[0] for order in ranked]
    assert result["top1"] == sum(map(int.__eq__, answers, labels.tolist())) / n
    if classes > 5:
        within = sum(label in order[:5] for label, order in zip(labels, ranked, strict=True))
        assert result["top5"] == pytest.approx(within / n)
    else:
        assert result["top5"] is None
    for k, row in enumerate(result["per_class"]):
        right = sum(label == answer == k for label, answer in zip(labels, answers, strict=True))
        true, answered = list(labels).count(k), answers.count(k)
        assert row["n"] == true
        assert row["accuracy"] == (pytest.approx(right / true) if true else None)
        assert row["precision"] == (pytest.approx(right / answered) if answered else None)
        assert result["confusion"][k][k] == right


def test_the_loss_is_clipped_as_in_keras():
    labels, scores = np.array([0, 1]), np.array([[0.0, 1.0], [0.5, 0.5]])
    assert score(labels, scores, ("a", "b"))["loss"] == pytest.approx((-math.log(1e-7) - math.log(0.5)) / 2)


@given(st.integers(2, 8), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_measures_by_class_are_scikit_learns(classes, n, seed):
    rng = np.random.default_rng(seed)
    labels, scores = rng.integers(0, classes, n), rng.dirichlet(np.ones(classes), n)
    result, answers = score(labels, scores, tuple(map(str, range(classes)))), scores.argmax(axis=1)
    expected = sklearn.metrics.precision_recall_fscore_support(
        labels, answers, labels=range(classes), zero_division=np.nan
    )
    for key, values in zip(("precision", "accuracy", None, "n"), expected, strict=True):
        for row, value in zip(result["per_class"] if key else (), values, strict=bool(key)):
            assert row[key] == (None if np.isnan(value) else pytest.approx(value))
    assert result["confusion"] == sklearn.metrics.confusion_matrix(labels, answers, labels=range(classes)).tolist()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of answers that are no label, which count for no class
        assert result["balanced_accuracy"] == pytest.approx(sklearn.metrics.balanced_accuracy_score(labels, answers))
    for label, row in enumerate(result["per_class"]):
        of_class = answers[labels == label] == label
        low, high = row["accuracy_ci95"] or (None, None)
        if len(of_class):
            expected = scipy.stats.binomtest(int(of_class.sum()), len(of_class)).proportion_ci(method="wilson")
            assert (low, high) == pytest.approx(tuple(expected), abs=1e-12)


def test_an_evaluation_imports_no_library_of_statistics(zoo):
    """They would take longer than ten thousand inferences."""
    probe = (
        "import sys, numpy as np\n"
        "from edgezoo.datasets.dataset import Dataset, Split\n"
        "from edgezoo.datasets.sources import ArraySource\n"
        "from edgezoo.evaluate import evaluate_files, tabulate\n"
        "split = Split(ArraySource(np.zeros((20, 12, 12, 1), np.uint8)), np.arange(20) % 6)\n"
        "dataset = Dataset('black', tuple('abcdef'), (12, 12, 1), split, split, split, {})\n"
        "tabulate(evaluate_files(sys.argv[1:], dataset), 'accuracy')\n"
        "print([m for m in ('sklearn', 'scipy', 'statsmodels', 'pandas', 'tensorflow') if m in sys.modules])"
    )
    command = [sys.executable, "-c", probe, zoo.bars_float32, zoo.bars_int8]
    assert subprocess.check_output(command, text=True).strip() == "[]"
