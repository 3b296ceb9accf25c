import copy
import itertools
from html.parser import HTMLParser

import pytest

from edgezoo.evaluate import benchmark_files, evaluate_files, summary_rows
from edgezoo.evaluate.column import short_names
from edgezoo.evaluate.plots import accuracy_plot, style, svg
from edgezoo.evaluate.report import MATRIX_UP_TO, render_html
from edgezoo.export import SCHEMES

VOID = {"meta", "link", "br", "img", "hr", "input"}


@pytest.fixture(scope="module")
def document(zoo, dataset):
    """A comparison without the columns that come from the zoo's arithmetic."""
    paths = [zoo.bars_float32, zoo.bars_int8]
    document = evaluate_files(paths, dataset)
    timed = benchmark_files(paths, min_runs=10, min_seconds=0)
    for result in document["results"]:
        result |= {"params": None, "macs": None, "peak_activation_bytes": None}
        result["benchmarks"] = [row for row in timed["results"] if row["file"] == result["file"]]
    return {"title": "<b>bars</b>", **document, "protocol": timed["protocol"], "notes": ["5 < 6 & so on"]}


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
def page(document):
    return Page(render_html(document, summary_rows(document)))


def test_every_element_is_closed(page):
    assert page.open == []


def test_nothing_points_outside_and_nothing_runs(page):
    for tag, attributes in page.tags:
        assert tag not in ("script", "link", "iframe", "object", "embed", "img", "base")
        for name, value in attributes.items():
            if name in ("src", "href", "xlink:href", "action", "data", "poster", "srcset"):
                assert value.startswith("#"), f"<{tag} {name}={value}>"
            assert not name.startswith("on")
            assert "url(" not in (value or "").replace("url(#", "")
    styles = "".join(page.text)
    assert "@import" not in styles and "url(http" not in styles


def test_an_id_is_there_once(page):
    ids = [attributes["id"] for tag, attributes in page.tags if tag == "g" and "id" in attributes]
    assert ids == []


def test_hostile_names_are_only_text(page, document):
    text = "".join(page.text)
    assert "<script>alert(1)</script>" in text
    assert "<b>bars</b>" in text and "5 < 6 & so on" in text
    assert not any(tag == "b" for tag, _ in page.tags)


def test_the_page_holds_the_numbers(page, document):
    text = "".join(page.text)
    for row in summary_rows(document):
        assert f"{100 * row['top1']:.2f} %" in text
        assert row["sha256"] in text
    for pair in document["pairs"]:
        assert f"{100 * pair['agreement']:.2f} %" in text
    assert document["environment"]["platform"] in text
    assert "None" not in text


def test_many_classes_are_listed_instead_of_a_matrix(document):
    many = copy.deepcopy(document)
    classes = MATRIX_UP_TO + 1
    names = [f"class-{k}" for k in range(classes)]
    many["dataset"]["class_names"] = names
    for result in many["results"]:
        result["per_class"] = [{"class": name, "n": 1, "accuracy": None, "precision": None} for name in names]
        result["confusion"] = [[0] * classes for _ in names]
        result["confusion"][3][4] = 77
    page = Page(render_html(many, summary_rows(many)))
    text = "".join(page.text)
    assert "most frequent wrong answers" in text and "77" in text
    assert "Rows: the true class" not in text


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


def test_what_was_not_measured_has_no_point():
    rows = rows_of(["a.tflite", "b.tflite", "c.tflite"])
    rows[0]["p50_ms"] = rows[1]["p5_ms"] = rows[1]["p95_ms"] = rows[2]["top1_low"] = rows[2]["top1_high"] = None
    assert [text.get_text() for text in accuracy_plot(rows, "latency").axes[0].texts] == ["b.tflite", "c.tflite"]
