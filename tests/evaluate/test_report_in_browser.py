"""The report as people see it: in Chromium, on a phone and on a desktop, light and dark."""

import copy
import io
import itertools
import os
import shutil

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import sync_playwright

from edgezoo.evaluate import summary_rows
from edgezoo.evaluate.report import MATRIX_UP_TO, render_html

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PHONE, DESKTOP = 390, 1280
HOSTILE = "</script><img src=x onerror=alert(1)>"

#: What of a page is not as it should be, one line each.
FAULTS = r"""
() => {
  const found = [];
  const width = document.documentElement.clientWidth;
  const all = (selector) => [...document.querySelectorAll(selector)].filter((each) => each.getClientRects().length);
  const fault = (what, { tagName, textContent }) => found.push(`${what}: ${tagName} ${textContent.trim()}`);
  const inside = (inner, outer) => {
    const [a, b] = [inner, outer].map((each) => each.getBoundingClientRect());
    return a.left >= b.left - 1 && a.right <= b.right + 1;
  };
  const page = { getBoundingClientRect: () => ({ left: 0, right: width }) };
  if (document.documentElement.scrollWidth > width) found.push("the page scrolls sideways");
  for (const element of all("body *")) {
    const box = element.closest(".wide");
    if ((!box || box === element) && !inside(element, page)) fault("outside the viewport", element);
  }
  for (const box of all(".wide")) {
    if (width > 1000 && box.scrollWidth > box.clientWidth) fault(`${box.scrollWidth} wide`, box);
    box.scrollLeft = box.scrollWidth;
    for (const still of box.querySelectorAll("caption span, tbody th:first-child"))
      if (!inside(still, page)) fault("scrolls away", still);
    box.scrollLeft = 0;
  }
  for (const prose of all("h1, h2, p, li, figcaption, summary, caption span, td, th, .name"))
    if (prose.scrollWidth > prose.clientWidth + 1) fault("cut off", prose);
  for (const name of all(".name")) if (!inside(name, name.parentNode)) fault("juts out", name);
  for (const text of all("svg text")) if (!inside(text, text.closest("svg"))) fault("outside its chart", text);
  return found;
}
"""


@pytest.fixture(scope="module")
def browser():
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not executable:
        missing = "there is no Chromium; on Debian: apt-get install chromium"
        (pytest.fail if os.environ.get("EDGEZOO_NEEDS_BROWSER") else pytest.skip)(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def large(comparison):
    """As much of everything as fits: many files, long and hostile names, as many classes as a matrix shows."""
    document = copy.deepcopy(comparison)
    templates, document["results"] = document["results"], []
    renamed = {}
    for number, template in enumerate(itertools.islice(itertools.cycle(templates), 12)):
        result = copy.deepcopy(template)
        stem = f"separable_residual_{number}_of_the_second_sweep" if number else HOSTILE
        result["file"] = f"experiments/2026/{stem}_{result['scheme']}.tflite"
        renamed.setdefault(template["file"], result["file"])
        result |= {"params": 12_345_678, "macs": 1_234_567_890, "peak_activation_bytes": 3_456_789}
        for check in result["targets"].values():
            for operator in check["operators"]:
                operator["layers"] = [HOSTILE, "a_layer_of_a_model_inside_another_one/" * 3]
                operator |= {"where": "nowhere", "reason": f"{HOSTILE} it is what_no_device_takes_at_all"}
        document["results"].append(result)
    for pair in document["pairs"]:
        pair |= {side: renamed[pair[side]] for side in "ab"}
        pair["examples"] = [{"index": k, "label": k % 8, "a": k % 8, "b": None if k < 5 else 7} for k in range(24)]
    names = document["dataset"]["class_names"]
    names += [HOSTILE, "Donaudampfschifffahrtsgesellschaftskapitänsmütze"]
    names += [f"class {k}" for k in range(len(names), MATRIX_UP_TO)]
    for result in document["results"]:
        n = len(names) - len(result["per_class"])
        result["per_class"] += [
            {"class": names[-1], "n": 1000, "accuracy": 0.5, "accuracy_ci95": [0.4, 0.6], "precision": None}
        ] * n
        result["confusion"] = np.random.default_rng(0).integers(0, 1000, [len(names)] * 2).tolist()
    return document


@pytest.fixture(scope="module")
def pages(comparison, large, dataset, tmp_path_factory):
    """Addresses of two reports."""
    folder = tmp_path_factory.mktemp("pages")
    for name, document in {"small": comparison, "large": large}.items():
        (folder / f"{name}.html").write_text(render_html(document, summary_rows(document), dataset.test))
    return {name: (folder / f"{name}.html").as_uri() for name in ("small", "large")}


@pytest.fixture
def show(browser, pages):
    """A function that opens a report; in the end nothing was asked for, and nothing went wrong in it."""
    contexts, said = [], []

    def open_page(name="small", width=DESKTOP, **options):
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.on("request", lambda request: said.append(request.url) if not is_own(request.url) else None)
        page.goto(pages[name])
        return page

    def is_own(url):
        return url in pages.values() or url.startswith("data:")

    open_page.said = said
    yield open_page
    for context in contexts:
        context.close()
    assert said == []


def pixels(target):
    """float [height, width] from 0 to 255, a screenshot in gray."""
    return np.asarray(Image.open(io.BytesIO(target.screenshot())).convert("L"), float)


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize("name", ["small", "large"])
def test_everything_can_be_read(show, name, width):
    page = show(name, width)
    page.eval_on_selector_all("details", "all => all.forEach((each) => { each.open = true; })")
    assert page.evaluate(FAULTS) == []
    assert all(page.eval_on_selector_all("img", "all => all.map((each) => each.naturalWidth > 0)"))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        paper = np.median(pixels(page))
        assert paper > 230 if scheme == "light" else paper < 50
        for chart in page.query_selector_all("figure svg"):
            assert (np.abs(pixels(chart) - paper) > 100).mean() > 0.01, "text and axes stand out"


def column(page, number):
    """The cells' texts of a column of the first table, from top to bottom."""
    return page.eval_on_selector_all(
        f"table >> nth=0 >> tbody tr > :nth-child({number})", "all => all.map(c => c.innerText)"
    )


def test_headings_sort_by_click_and_by_key(show):
    page = show("large")
    heading = page.locator("table").first.locator("th", has_text="p50")
    number = heading.evaluate("th => th.cellIndex + 1")
    before = column(page, number)
    assert len(set(before)) > 1
    heading.locator("button").click()
    assert heading.get_attribute("aria-sort") == "ascending"
    assert column(page, number) == sorted(before, key=float)
    heading.locator("button").focus()
    page.keyboard.press("Enter")
    assert heading.get_attribute("aria-sort") == "descending"
    assert column(page, number) == sorted(before, key=float, reverse=True)
    page.keyboard.press("Space")
    assert column(page, number) == sorted(before, key=float)

    files = page.locator("table").first.locator("th button").first
    files.click()
    assert page.locator("[aria-sort]").count() == 1
    numbers = [int(name.split("_")[2]) for name in column(page, 1) if name.startswith("separable_residual_")]
    assert numbers == list(range(1, 12)), "as people count, 9 before 10"


def test_without_its_script_the_page_is_whole(show):
    plain, scripted = show(java_script_enabled=False), show()
    assert plain.locator("button").count() == 0 and scripted.locator("button").count() > 0
    assert plain.locator("img").count() == scripted.locator("img").count() > 0
    assert plain.locator("body").inner_text() == scripted.locator("body").inner_text()


def test_no_other_script_can_run(show):
    page = show("large")
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), { text: 'document.title = 1' }))"
    )
    assert page.title() == "<b>bars</b>"
    assert "Content Security Policy" in show.said.pop()
