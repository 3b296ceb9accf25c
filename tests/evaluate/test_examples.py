import base64
import io

import numpy as np
import pytest
from PIL import Image

from edgezoo.datasets.dataset import Split
from edgezoo.datasets.sources import ArraySource
from edgezoo.evaluate import evaluate_files, load_runner
from edgezoo.evaluate.examples import EXAMPLES, SIDE, differing, thumbnails


def test_one_is_right_and_the_other_wrong(zoo, dataset):
    files = [zoo.bars_float32, zoo.open_int8_20]
    (pair,) = evaluate_files(files, dataset, limit=200)["pairs"]
    assert pair["only_a"] + pair["only_b"] > EXAMPLES == len(pair["examples"])
    indices = [example["index"] for example in pair["examples"]]
    assert indices == sorted(set(indices) & set(dataset.test.sample(200)))
    for side, path in zip("ab", files, strict=True):
        runner = load_runner(path)
        answers = runner.predict(dataset.test.at(runner.input_shape).read(indices)).argmax(axis=1)
        assert [example[side] for example in pair["examples"]] == answers.tolist()
    for example in pair["examples"]:
        assert example["label"] == dataset.test.labels[example["index"]]
        assert [example["a"], example["b"]].count(example["label"]) == 1


def test_all_of_them_where_they_are_few_and_the_same_ones_each_time():
    labels, indices = np.arange(100) % 5, np.arange(100) * 3
    right, wrong = labels.copy(), (labels + 1) % 5
    mixed = np.where(np.isin(np.arange(100), (7, 40)), wrong, labels)
    assert differing(labels, right, mixed, indices, 5) == [
        {"index": 21, "label": 2, "a": 2, "b": 3},
        {"index": 120, "label": 0, "a": 0, "b": 1},
    ]
    assert [(each["a"], each["b"]) for each in differing(labels, right, mixed, indices, 3)] == [(2, None), (0, 1)]
    assert differing(labels, wrong, (labels + 2) % 5, indices, 5) == [], "both are wrong"
    assert differing(labels, right, wrong, indices, 5) == differing(labels, right, wrong, indices, 5)


@pytest.mark.parametrize(
    ("shape", "expected", "mode"),
    [
        ((28, 28, 1), (28, 28), "L"),
        ((10, 400, 3), (2, SIDE), "RGB"),
        ((200, 100, 3), (SIDE, SIDE // 2), "RGB"),
        ((8, 8, 4), (8, 8), "L"),
    ],
)
def test_pictures_are_small_and_show_the_image(shape, expected, mode):
    images = np.random.default_rng(0).integers(0, 256, (3, *shape), np.uint8)
    split = Split(ArraySource(images, called="x_test"), [0, 1, 2])
    pictures = thumbnails(split, [0, 2])
    assert [name for name, _, _ in pictures.values()] == ["x_test[0]", "x_test[2]"]
    kind, _, content = pictures[2][1].partition(",")
    assert kind == "data:image/png;base64" and pictures[2][2] == (max(expected) < SIDE)
    picture = Image.open(io.BytesIO(base64.b64decode(content)))
    assert (picture.height, picture.width) == expected and picture.mode == mode
    if shape[:2] == expected and shape[2] in (1, 3):
        np.testing.assert_array_equal(np.asarray(picture).reshape(shape), images[2])
    assert thumbnails(split, []) == {}
