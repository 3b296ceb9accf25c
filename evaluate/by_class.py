"""Accuracy by class, as a table and for a plot."""

import numpy as np

from .column import names_of
from .texts import count, share_with_interval

#: Of more classes than these, the weakest are shown.
MOST = 30


def shown_classes(document):
    """Which classes to show: all in their order, or of many the ``MOST`` weakest, the weakest first.

    Weak is what is often wrong, on average over the files. Classes without images do not count.

    Returns:
        ``(numbers of the classes, how many there are)``.
    """
    accuracies = [[each["accuracy"] for each in result["per_class"]] for result in document["results"]]
    means = np.array(accuracies, float).mean(axis=0)  # NaN for None
    order = np.argsort(means, kind="stable")
    of = int(np.sum(np.isfinite(means)))
    # NaN comes last.
    return (sorted(order[:of].tolist()) if of <= MOST else order[:MOST].tolist()), of


def class_table(document):
    """Accuracy of each class in each file.

    Args:
        document: of ``evaluate_files``.

    Returns:
        ``(title, headings, rows)``, the latter two as of ``tabulate``: class, images, and a column for each result.
    """
    results, (shown, of) = document["results"], shown_classes(document)
    names = names_of(document)
    if len(set(names)) < len(names):  # of one file in several runtimes
        names = [f"{name} in {result['runtime']}" for name, result in zip(names, results, strict=True)]
    classes = results[0]["per_class"]
    rows = [
        (
            classes[k]["class"],
            count(classes[k]["n"]),
            *(_with_interval(result["per_class"][k]) for result in results),
        )
        for k in shown
    ]
    which = f"The {MOST} weakest of {of} classes" if len(shown) < of else "By class"
    return f"{which}: accuracy [95 % interval]", ["class", ">images", *(f">{name}" for name in names)], rows


def _with_interval(row):
    return share_with_interval((row["accuracy"], *row["accuracy_ci95"]), 1)
