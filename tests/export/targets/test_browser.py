"""The browser's bundle: its page in Chromium against ``example.py`` and LiteRT, and its server."""

import base64
import http.client
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from types import SimpleNamespace
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect, sync_playwright

from edgezoo.common import loopback, npm
from edgezoo.common.errors import EdgezooError
from edgezoo.common.files import sha256
from edgezoo.export import example, export_for_targets
from edgezoo.export.serving import serve
from edgezoo.runtime import litertjs, load_runner
from edgezoo.zoo import StridedCNN

AXE = npm.Package(
    "axe-core",
    "4.10.3",
    "sha512-Xm7bpRXnDSX2YE2YFfBk2FnF0ep6tmG7xPh8iHee8MIcrgq762Nkce856dYtJYLkuIoYZvGfTs/PbZhideTcEg==",
)
CLASSIFY = """
async ([file, pictures]) => {
  const {Classifier} = await import("./classify.js"), {readPicture} = await import("./pictures.js");
  const manifest = await (await fetch("manifest.json")).json();
  const entry = manifest.models.find((each) => each.file === file);
  const classifier = await Classifier.load(entry, manifest.preprocessing, "wasm");
  const answers = [];
  for (const picture of pictures) {
    const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
    answers.push((await classifier.classify(await readPicture(new Blob([bytes]), classifier.channels))).scores);
  }
  return answers;
}
"""


def needed(missing):
    (pytest.fail if os.environ.get("EDGEZOO_NEEDS_BROWSER") else pytest.skip)(missing)


@pytest.fixture(scope="module")
def bundles(fixed, pictures, tmp_path_factory):
    """Folders: ``gray``, of a trained model, in both formats; ``rgb``."""
    try:
        litertjs.litertjs_files()
    except EdgezooError as error:
        needed(str(error))
    folder = tmp_path_factory.mktemp("browser")
    (gray,), _ = export_for_targets(
        fixed.path, folder / "gray", ["browser"], ("float32", "int8"), calibration=pictures.calibration
    )
    StridedCNN((20, 24, 3), classes=4, filters=(6, 12), units=(16,)).save(folder / "rgb.keras")
    (rgb,), _ = export_for_targets(folder / "rgb.keras", folder / "rgb", ["browser"], ("float32",))
    return SimpleNamespace(gray=gray, rgb=rgb)


@pytest.fixture(scope="module")
def browser():
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not program:
        needed("there is no Chromium; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        yield browser
        browser.close()


@pytest.fixture
def show(browser):
    """A function that opens a bundle's page; in the end nothing was asked of another host."""
    opened, asked = [], []

    def open_page(bundle, query="", **options):
        server = serve(bundle).__enter__()
        context = browser.new_context(**options)
        opened.extend([context.close, lambda: server.__exit__()])
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(server.address + query)
        page.wait_for_selector("#tools:not([disabled])")
        return page

    yield open_page
    for close in opened:
        close()
    assert {urlsplit(url).hostname for url in asked if not url.startswith(("data:", "blob:"))} <= {"127.0.0.1"}


def encoded(image, form="PNG", **options):
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def answers(page, file, pictures):
    return np.array(page.evaluate(CLASSIFY, [file, [base64.b64encode(each).decode() for each in pictures]]))


@pytest.mark.parametrize("scheme", ["float32", "int8"])
def test_a_hundred_pictures_get_litert_s_answers(scheme, show, bundles, pictures):
    page, file = show(bundles.gray), f"net_{scheme}.tflite"
    expected = load_runner(bundles.gray / file).predict(pictures.test)
    got = answers(page, file, [encoded(Image.fromarray(image[..., 0])) for image in pictures.test])
    np.testing.assert_array_equal(got.argmax(1), expected.argmax(1))
    np.testing.assert_allclose(got, expected, atol=1e-5 if scheme == "float32" else 0)


def test_pictures_of_any_size_are_read_as_the_example_does(show, bundles, tmp_path):
    rng = np.random.default_rng(0)
    exif = Image.Exif()
    exif[0x0112] = 6
    colours, alpha = (Image.fromarray(rng.integers(0, 256, (61, 47, depth), np.uint8)) for depth in (3, 4))
    pictures = [encoded(colours), encoded(alpha), encoded(colours.resize((9, 7))), encoded(colours.convert("L"))]
    pictures.append(encoded(colours, exif=exif))
    expected, pixels = [], load_runner(bundles.rgb / "rgb_float32.tflite")
    for number, content in enumerate(pictures):
        (tmp_path / f"{number}.png").write_bytes(content)
        expected.append(pixels.predict(example.read_pixels(tmp_path / f"{number}.png", 20, 24, 3).astype(np.uint8))[0])
    got = answers(show(bundles.rgb), "rgb_float32.tflite", pictures)
    exact = [0, 2, 3, 4]
    np.testing.assert_allclose(got[exact], np.array(expected)[exact], atol=1e-5)
    np.testing.assert_allclose(got, expected, atol=0.02)  # alpha over white, rounded otherwise


def test_pictures_get_their_size_as_in_the_example(show, bundles):
    page, band = show(bundles.rgb), np.random.default_rng(0).integers(0, 256, (61, 47), np.uint8)
    fit_in_page = """async ([band, own, size, fit]) => {
        const {fitted} = await import("./resize.js");
        return Array.from(fitted(Uint8Array.from(band), own, size, fit, 1));
    }"""
    own = {"width": 47, "height": 61}
    for kind in ("squash", "crop", "pad"):
        for width, height in ((24, 20), (20, 40), (90, 61), (3, 200), (47, 61)):
            fit = {"kind": kind, **({"border": [1, 77, 2]} if kind == "pad" else {})}
            got = page.evaluate(fit_in_page, [band.ravel().tolist(), own, {"width": width, "height": height}, fit])
            expected = np.asarray(example.fitted(Image.fromarray(band), (width, height), kind, 77))
            np.testing.assert_array_equal(np.reshape(got, (height, width)), expected)


def test_a_file_the_self_test_and_a_drawing_by_keyboard_alone(show, bundles, pictures):
    page = show(bundles.gray, "?model=net_int8.tflite")
    assert page.input_value("#model") == "net_int8.tflite"
    picture = {"name": "a.png", "mimeType": "image/png", "buffer": encoded(Image.fromarray(pictures.test[0, ..., 0]))}
    page.set_input_files("#file", files=[picture])
    page.wait_for_selector("#result:not([hidden])")
    expected = load_runner(bundles.gray / "net_int8.tflite").predict(pictures.test[:1])[0]
    assert f"{100 * expected.max():.1f} %" in page.inner_text("#answers li >> nth=0")
    page.focus("#self-test")
    page.keyboard.press("Enter")
    expect(page.locator("#state")).to_contain_text("Self-test passed: all 5 answers")
    assert page.locator("#verdict li").count() == 5
    page.focus("summary")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    for key in (" ", "ArrowDown", "ArrowRight", " "):
        page.keyboard.press(key)
    expect(page.locator("#state")).to_contain_text(" %.")
    page.set_input_files("#file", files=[{**picture, "buffer": b"none"}])
    expect(page.locator("#problem")).to_contain_text("a.png cannot be read as a picture")


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_barrier(width, scheme, show, bundles, pictures):
    page = show(bundles.gray, viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True)
    picture = {"name": "a.png", "mimeType": "image/png", "buffer": encoded(Image.fromarray(pictures.test[0, ..., 0]))}
    page.set_input_files("#file", files=[picture])
    page.click("summary")
    page.wait_for_selector("#result:not([hidden])")
    page.evaluate(AXE.files()["axe.min.js"].decode())
    violations = page.evaluate("axe.run().then(({violations}) => violations)")
    assert [each["id"] for each in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_server_gives_the_bundle_s_files_to_this_machine_alone(bundles):
    def ask(path, method="GET", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer.headers, content

    (bundles.gray / "secret.txt").write_text("not in the manifest")
    with serve(bundles.gray) as server:
        port = urlsplit(server.address).port
        status, headers, page = ask("/")
        assert status == 200 and loopback.POLICY in page.decode()
        assert (
            headers["Cross-Origin-Embedder-Policy"] == "require-corp"
            and loopback.POLICY in headers["Content-Security-Policy"]
        )
        assert ask("/litertjs/core/wasm/litert_wasm_internal.wasm", "HEAD")[1]["Content-Type"] == "application/wasm"
        assert ask("/net_int8.tflite")[2] == (bundles.gray / "net_int8.tflite").read_bytes()
        for path in ("/secret.txt", "/../gray.keras", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/golden/", "/%00"):
            assert ask(path)[0] == 404, path
        assert ask("/", Host="evil.example")[0] == 421
        assert ask("/", "POST")[0] == 405 and ask("/", "PUT")[0] == 501
    with pytest.raises(EdgezooError, match="no bundle with a page"):
        serve(bundles.gray / "golden")


def test_deploy_shows_the_page_until_ctrl_c(fixed, tmp_path):
    """What stands in the page's place does not matter; LiteRT.js's own place is taken, so that nothing is fetched."""
    shutil.copytree(fixed.out, tmp_path / "bundle")
    manifest = json.loads((tmp_path / "bundle" / "manifest.json").read_text())
    for name in ("index.html", "litertjs/LICENSE"):
        path = tmp_path / "bundle" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("page")
        manifest["files"][name] = sha256(path)
    (tmp_path / "bundle" / "manifest.json").write_text(json.dumps(manifest))
    command = [sys.executable, "-m", "edgezoo", "deploy", tmp_path / "bundle", "--device", "browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        address = process.stdout.readline().split()[0]
        connection = http.client.HTTPConnection(urlsplit(address).netloc)
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"page"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130


def test_a_link_of_a_stranger_s_bundle_leads_nowhere(bundles, tmp_path):
    (tmp_path / "index.html").symlink_to("/etc/hostname")
    manifest = json.loads((bundles.gray / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with serve(tmp_path) as server:
        connection = http.client.HTTPConnection("127.0.0.1", urlsplit(server.address).port)
        connection.request("GET", "/")
        assert connection.getresponse().status == 404


def test_what_npm_fetches_is_known_by_its_checksum(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "npm").write_text("#!/bin/sh\necho other > other-1.0.0.tgz\n")
    (tmp_path / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(EdgezooError, match="another checksum"):
        AXE.files()
    (tmp_path / "npm").write_text("#!/bin/sh\necho no network >&2\nexit 1\n")
    with pytest.raises(EdgezooError, match=r"cannot fetch axe-core 4.10.3 \(no network\)"):
        AXE.files()
    assert not list(tmp_path.rglob("*.tgz"))
