import xml.etree.ElementTree as ET

import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.explain.windows.pictures import save_picture

from .examples import PICTURES, pictures


@pictures
@pytest.mark.parametrize("suffix", [".svg", ".png", ".gif"])
def test_a_file_of_any_size_is_small(window, suffix, tmp_path):
    path = tmp_path / f"window{suffix}"
    save_picture(window, path, "conv1 · Conv2D")
    assert 1000 < path.stat().st_size < 300_000
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pictures
def test_an_svg_says_the_numbers(window, tmp_path):
    path = tmp_path / "window.svg"
    save_picture(window, path, "<conv> & $pool$")
    texts = ["".join(element.itertext()) for element in ET.parse(path).iter("{http://www.w3.org/2000/svg}text")]
    assert "<conv> & $pool$" in texts
    assert set(window.formula(1).splitlines()) <= set(texts)
    assert f"input {window.input_size[0]} × {window.input_size[1]}" in texts
    assert f"output {window.output_size[0]} × {window.output_size[1]}" in texts
    assert f"n = {window.input_size[1]}" in texts
    if window.output_size[1] > 1:
        assert f"s = {window.stride[1]}" in texts


@pytest.mark.parametrize("suffix", [".svg", ".png", ".gif"])
def test_the_same_window_gives_the_same_file(suffix, tmp_path):
    for name in ("a", "b"):
        save_picture(PICTURES["rectangle"], tmp_path / f"{name}{suffix}")
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_another_suffix(tmp_path):
    with pytest.raises(EdgezooError, match=r"\.svg, \.png or \.gif"):
        save_picture(PICTURES["stride"], tmp_path / "window.jpg")
    assert not list(tmp_path.iterdir())
