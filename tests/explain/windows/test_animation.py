import numpy as np
import pytest
from PIL import Image, ImageSequence

from edgezoo.explain.fields import box_of
from edgezoo.explain.windows.animation import animate
from edgezoo.explain.windows.window import Window

from .examples import PICTURES, what_tensorflow_reads


@pytest.mark.parametrize(
    ("name", "frames"), [("1x1", 1), ("stride", 9), ("rectangle", 9), ("line", 6), ("7x7 of 224", 36), ("huge", 9)]
)
def test_a_gif_has_a_frame_for_each_output_shown(name, frames, tmp_path):
    animate(PICTURES[name], tmp_path / "window.gif")
    with Image.open(tmp_path / "window.gif") as image:
        assert getattr(image, "n_frames", 1) == frames
        if frames > 1:
            assert image.info["loop"] == 0


def test_the_frames_show_what_tensorflow_reads(tmp_path):
    """Where the colour of the taps is in a frame, and where the pixels that the output depends on are in the input."""
    window = Window((5, 6), (2, 3), (1, 2), ((0, 0), (0, 1)))
    animate(window, tmp_path / "window.gif")
    with Image.open(tmp_path / "window.gif") as image:
        frames = np.stack([frame.convert("RGB") for frame in ImageSequence.Iterator(image)]).astype(int)
    orange = np.abs(frames - (0xF0, 0xAE, 0x1F)).sum(axis=-1) < 10
    orange &= ~orange.all(axis=0)  # the legend
    orange[:, :, int(0.7 * orange.shape[2]) :] = False  # the output
    orange = orange[:, 2:] & orange[:, 1:-1] & orange[:, :-2]  # no lines
    drawn = [box_of(taken) for taken in orange]
    read = [
        box_of(np.isin(np.arange(1, 31).reshape(5, 6), numbers))
        for numbers in what_tensorflow_reads(window).reshape(-1, 6)
    ]
    assert len(drawn) == len(read) == 12
    for place, edge in zip(np.transpose(drawn), np.transpose(read), strict=True):
        cell, corner = np.polyfit(edge, place, 1)
        assert cell > 20 and np.abs(cell * edge + corner - place).max() < 2
