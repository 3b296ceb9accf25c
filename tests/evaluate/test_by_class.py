"""Accuracy by class, from a document written by hand."""

import pytest

from edgezoo.evaluate import tabulate
from edgezoo.evaluate.by_class import MOST, class_table


def result(file, accuracies, images=100, **others):
    rows = [
        {"class": f"c{k}", "n": images if share is not None else 0, "accuracy": share, "precision": None}
        | {"accuracy_ci95": None if share is None else [share - 0.1, share + 0.0951]}
        for k, share in enumerate(accuracies)
    ]
    return {"file": file, "runtime": "keras 3", "per_class": rows, **others}


def test_classes_are_in_their_order_and_those_without_images_are_left_out():
    document = {"results": [result("out/a.keras", [0.5, None, 0.2514]), result("out/b.tflite", [0.4, None, 0.9])]}
    title, headings, rows = class_table(document)
    assert (title, headings) == ("By class: accuracy [95 % interval]", ["class", ">images", ">a.keras", ">b.tflite"])
    assert rows == [
        ("c0", "100", "50.0 % [40.0, 59.5]", "40.0 % [30.0, 49.5]"),
        ("c2", "100", "25.1 % [15.1, 34.7]", "90.0 % [80.0, 99.5]"),
    ]


def test_of_many_classes_the_weakest_of_all_files_come_first():
    one = [0.8 - 0.01 * k for k in range(MOST + 5)]
    other = [*one[:-1], 0.985]  # the last class is the weakest of one file and the best of the other
    title, _, rows = class_table({"results": [result("a", one), result("b", other)]})
    assert title.startswith(f"The {MOST} weakest of {MOST + 5} classes")
    means = {f"c{k}": sum(pair) / 2 for k, pair in enumerate(zip(one, other, strict=True))}
    assert [row[0] for row in rows] == sorted(means, key=means.get)[:MOST]


def test_one_file_in_two_runtimes_is_told_apart():
    document = {"results": [result("a", [0.5]), result("a", [0.5], runtime="tflm 1")]}
    assert class_table(document)[1][2:] == [">a in keras 3", ">a in tflm 1"]


@pytest.mark.parametrize("view", ["accuracy", "comparison", "deployment"])
def test_the_balanced_accuracy_is_shown_where_classes_differ_in_size(view):
    even = result(
        "a", [0.5, 0.75], top1=0.625, balanced_accuracy=0.6241, sha256="", size_bytes=1, model="a", scheme=None
    )
    uneven = {**even, "per_class": [{**row, "n": 10 + k} for k, row in enumerate(even["per_class"])]}
    headings, rows = tabulate({"results": [uneven], "pairs": []}, view)
    assert dict(zip(headings, rows[0], strict=True))[">balanced"] == "62.41 %"
    assert ">balanced" not in tabulate({"results": [even], "pairs": []}, view)[0]
