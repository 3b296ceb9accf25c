import base64
import copy
import hashlib
import itertools
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from matplotlib.container import BarContainer

from edgezoo.evaluate import summary_rows
from edgezoo.evaluate.column import short_names
from edgezoo.evaluate.latency import summarize
from edgezoo.evaluate.plots import ON_PAPER, accuracy_plot, classes_plot, latency_plot, style, svg
from edgezoo.evaluate.report import MATRIX_UP_TO, render_html
from edgezoo.export import SCHEMES

VOID = {"meta", "link", "br", "img", "hr", "input", "wbr"}


class Page(HTMLParser):
    """Tags with their attributes, the text, and whether every element was closed."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text, self.open = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def page(comparison, dataset):
    return Page(render_html(comparison, summary_rows(comparison), dataset.test))


def test_every_element_is_closed(page):
    assert page.open == []


def test_nothing_points_outside_and_only_the_one_script_runs(page):
    assert [tag for tag, _ in page.tags].count("script") == 1
    for tag, attributes in page.tags:
        assert tag not in ("link", "iframe", "object", "embed", "base")
        for name, value in attributes.items():
            if tag == "img" and name == "src":
                assert value.startswith("data:image/png;base64,")
                continue
            if name in ("src", "href", "xlink:href", "action", "data", "poster", "srcset"):
                assert value.startswith("#"), f"<{tag} {name}={value}>"
            assert not name.startswith("on")
            assert "url(" not in (value or "").replace("url(#", "")
    styles = "".join(page.text)
    script = styles[styles.index('"use strict"') : styles.rindex("}\n") + 2]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = [each["content"] for tag, each in page.tags if each.get("http-equiv") == "Content-Security-Policy"]
    assert f"default-src 'none'; script-src 'sha256-{digest}';" in policy
    assert "@import" not in styles and "url(http" not in styles


def test_an_id_is_there_once(page):
    ids = [attributes["id"] for tag, attributes in page.tags if tag == "g" and "id" in attributes]
    assert ids == []


def test_hostile_names_are_only_text(page, comparison):
    text = "".join(page.text)
    assert "<script>alert(1)</script>" in text
    assert "<b>bars</b>" in text and "5 < 6 & so on" in text
    assert not any(tag == "b" for tag, _ in page.tags)


def test_the_page_holds_the_numbers(page, comparison):
    text = "".join(page.text)
    for row in summary_rows(comparison):
        assert f"{100 * row['top1']:.2f} %" in text
        assert row["sha256"] in text
    for result in comparison["results"]:
        assert f"{100 * result['balanced_accuracy']:.2f} %" in text
    for pair in comparison["pairs"]:
        assert f"{100 * pair['agreement']:.2f} %" in text
    assert comparison["environment"]["platform"] in text
    for result in comparison["results"]:
        for check in result["targets"].values():
            told = (
                [check["refused"]] if check["refused"] else [check["by"], f"{check['accelerated']} of {check['total']}"]
            )
            for operator in check["operators"]:
                told += [
                    f"{operator['index']} {operator['op']}",
                    *operator["layers"],
                    *filter(None, [operator["reason"]]),
                ]
            for cost in check["figures"].get("by_operator", ()):
                told.append(f"{cost['cycles']:,} ({100 * cost['utilization']:.0f} %)")
            assert [each for each in told if each not in text] == []
    assert "None" not in text


def test_many_classes_are_listed_instead_of_a_matrix(comparison, dataset):
    many = copy.deepcopy(comparison)
    classes = MATRIX_UP_TO + 1
    names = [f"class-{k}" for k in range(classes)]
    many["dataset"]["class_names"] = names
    for result in many["results"]:
        result["per_class"] = [
            {"class": name, "n": 9, "accuracy": k / 99, "accuracy_ci95": [0, 0.7], "precision": None}
            for k, name in enumerate(names)
        ]
        result["confusion"] = [[0] * classes for _ in names]
        result["confusion"][3][4] = 77
    page = Page(render_html(many, summary_rows(many), dataset.test))
    text = "".join(page.text)
    assert "most frequent wrong answers" in text and "77" in text
    assert "The 30 classes that are told worst" in text
    assert "Rows: the true class" not in text


def test_bars_are_accuracies_by_class_with_their_intervals(comparison):
    results = comparison["results"]
    axes = classes_plot(results, ["_a$1$", "b"], [4, 0, 2]).axes[0]
    classes = [results[0]["per_class"][k]["class"] for k in (4, 0, 2)]
    assert [label.get_text()[:20] for label in axes.get_yticklabels()] == [name[:20] for name in classes]
    bars = [each for each in axes.containers if isinstance(each, BarContainer)]
    assert [text.get_text() for text in axes.figure.legends[0].get_texts()] == ["1. _a$1$", "2. b"]
    for group, result in zip(bars, results, strict=True):
        rows = [result["per_class"][k] for k in (4, 0, 2)]
        assert [bar.get_width() for bar in group] == pytest.approx([100 * row["accuracy"] for row in rows])
        ends = [segment[:, 0] for segment in group.errorbar.lines[2][0].get_segments()]
        np.testing.assert_allclose(ends, [[100 * end for end in row["accuracy_ci95"]] for row in rows])
    middles = [bar.get_y() + bar.get_height() / 2 for group in zip(*bars, strict=True) for bar in group]
    assert middles == sorted(middles)  # downwards: class by class, and in each the files in their order


def rows_of(files, top1=0.9, p50=1.0):
    schemes = itertools.cycle(["keras", *SCHEMES, None])
    return [
        {
            "file": file,
            "scheme": next(schemes),
            "top1": top1 + 0.0004 * k,
            "top1_low": top1 - 0.006,
            "top1_high": top1 + 0.012,
            "size_bytes": 10_000 + 100 * k,
            "threads": 1,
            "p5_ms": 0.9 * p50,
            "p50_ms": p50 * (1 + 0.01 * k),
            "p95_ms": 2 * p50,
        }
        for k, file in enumerate(files)
    ]


def boxes(figure):
    from matplotlib.text import Text

    renderer = figure.canvas.get_renderer()
    figure.draw_without_rendering()
    return [Text.get_window_extent(text, renderer) for text in figure.axes[0].texts]


@pytest.mark.parametrize("against", ["latency", "size"])
@pytest.mark.parametrize("n", [1, 2, 5, 12])
def test_labels_do_not_overlap_even_where_points_crowd(against, n):
    """Twelve points closer together than their markers are wide."""
    figure = accuracy_plot(rows_of([f"out/strided_s_{k}_int8.tflite" for k in range(n)]), against)
    labels = boxes(figure)
    assert len(labels) == n
    frame = figure.axes[0].get_window_extent()
    for box in labels:
        assert frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
    for a, b in itertools.combinations(labels, 2):
        assert not a.overlaps(b)


@pytest.mark.parametrize(
    ("against", "key", "unit"), [("latency", "p50_ms", 1), ("size", "size_bytes", 1024), ("cycles", "cycles", 1000)]
)
def test_the_pareto_frontier_is_drawn(against, key, unit):
    """Of four files the second is beaten by the first, and the last by the third."""
    rows = rows_of(["a.tflite", "b.tflite", "c.tflite", "d.tflite"])
    for row, top1 in zip(rows, (0.8, 0.7, 0.9, 0.85), strict=True):
        row |= {"top1": top1, "cycles": 7 * row["size_bytes"]}
    figure = accuracy_plot(rows, against)
    (line,) = [line for line in figure.axes[0].lines if line.get_label() == "Pareto frontier"]
    cost = [row[key] / unit for row in rows]
    np.testing.assert_allclose(line.get_xydata(), [(cost[0], 80), (cost[2], 90), (cost[3], 90)])
    assert line.get_drawstyle() == "steps-post"


def test_a_violin_is_where_the_runs_are():
    """Two files' times, one all alike, one with two modes, of which the slower is the rarer."""
    times = np.concatenate(
        [np.random.default_rng(0).normal(1, 0.02, 300), np.random.default_rng(1).normal(3, 0.05, 100)]
    )
    timings = [summarize(np.full(100, 0.5)), summarize(times)]
    figure = latency_plot(rows_of(["a.tflite", "b.tflite"]), timings)
    alike, modes = (collection.get_paths()[0].vertices for collection in figure.axes[0].collections)
    assert np.ptp(alike[:, 0]) == pytest.approx(0)
    assert modes[:, 0].min() >= times.min() and modes[:, 0].max() <= times.max()

    def height(x):
        return np.ptp(modes[np.abs(modes[:, 0] / x - 1) < 0.02, 1])

    assert height(1) > 1.5 * height(3) > 1.5 * 1.5 * height(1.8)
    labels = [text.get_text() for text in figure.axes[0].texts]
    assert labels == ["a.tflite, slowest: 0.5 ms", f"b.tflite, slowest: {times.max():.3g} ms"]


def test_nothing_of_a_latency_is_cut_off():
    rows = rows_of(["a.tflite", "b.tflite"])
    rows[1]["p95_ms"] = 900.0
    left, right = accuracy_plot(rows, "latency").axes[0].get_xlim()
    assert left < rows[0]["p5_ms"] and right > 900


def test_hostile_file_names_in_a_plot():
    """Dollar signs would be formulas for matplotlib, brackets tags for the page."""
    names = ["$x$_$.tflite", "<script>.tflite", "a&b.tflite"]
    page = Page(svg(accuracy_plot(rows_of(names), "size")))
    text = "".join(page.text)
    assert all(name in text for name in names)
    assert not any(tag == "script" for tag, _ in page.tags)


def test_threads_are_named_where_there_are_several():
    one, two = rows_of(["a.tflite"]), rows_of(["a.tflite"], p50=0.6)
    two[0]["threads"] = 2
    labels = [text.get_text() for text in accuracy_plot(one + two, "latency").axes[0].texts]
    assert sorted(labels) == ["a.tflite", "a.tflite, 2 threads"]
    assert len(accuracy_plot(one + two, "size").axes[0].texts) == 1


def test_short_names_stay_distinct():
    assert short_names(["x/a.tflite", "x/b.tflite", "x/a.tflite"]) == ["a.tflite", "b.tflite", "a.tflite"]
    assert short_names(["x/a.tflite", "y/a.tflite", "b.keras"]) == ["x/a.tflite", "y/a.tflite", "b.keras"]


def test_number_formats_have_styles_of_their_own_and_any_other_file_is_gray(monkeypatch):
    schemes = ("keras", *SCHEMES)
    assert style("keras") == ("#CC79A7", "*") and style("int8") == ("#D55E00", "^")
    assert style(None) == style("of another program") == ("#999999", "X")
    before = [style(scheme) for scheme in schemes]
    assert len({*before, style(None)}) == len(schemes) + 1
    monkeypatch.setattr("edgezoo.export.schemes.SCHEMES", dict.fromkeys((*SCHEMES, "int4")))
    assert [style(scheme) for scheme in schemes] == before
    assert style("int4") not in (*before, style(None))


def test_colours_that_one_of_the_backgrounds_swallows_are_left_to_the_page(monkeypatch):
    schemes = dict.fromkeys((*SCHEMES, "int4", "int2"))
    monkeypatch.setattr("edgezoo.export.schemes.SCHEMES", schemes)
    rows = [
        {**row, "scheme": scheme} for row, scheme in zip(rows_of(map(str, range(len(schemes)))), schemes, strict=True)
    ]
    drawn = {style(scheme)[0] for scheme in schemes}
    assert drawn > {*ON_PAPER}
    text = svg(accuracy_plot(rows, "size")).upper()
    for colour in drawn:
        assert (f"VAR(--{colour[1:]})" in text) == (colour in ON_PAPER) != (f": {colour}" in text)


def test_what_was_not_measured_has_no_point():
    rows = rows_of(["a.tflite", "b.tflite", "c.tflite"])
    rows[0]["p50_ms"] = rows[1]["p5_ms"] = rows[1]["p95_ms"] = rows[2]["top1_low"] = rows[2]["top1_high"] = None
    assert [text.get_text() for text in accuracy_plot(rows, "latency").axes[0].texts] == ["b.tflite", "c.tflite"]


def test_kinds_of_devices_tell_different_things(comparison, dataset):
    devices = [
        {
            "device": "local?python=/arm/python",
            "model": None,
            "cpu": "cortex-a76",
            "temperature_c": {"before": 40.5, "after": None},
        },
        {"device": "browser", "browser": "Chromium <150>", "cpu": None},
    ]
    page = render_html({**comparison, "devices": devices}, summary_rows(comparison), dataset.test)
    table = page[page.index("Devices; blank where") :].split("</table>")[0]
    assert re.findall(r'class="left">([^<]*)</th>', table) == ["model", "cpu", "temperature c", "browser"]
    rows = [re.findall("<td[^>]*>([^<]*)</td>", row) for row in table.split("<tr>")[1:]]
    assert rows[-2:] == [["", "cortex-a76", "40.5", ""], ["", "", "", "Chromium &lt;150&gt;"]]
