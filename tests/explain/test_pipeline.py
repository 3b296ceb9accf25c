"""The network to scale."""

import itertools

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from edgezoo.explain.features import FeatureMap
from edgezoo.explain.pipeline import draw_pipeline


@pytest.mark.parametrize("name", ["pool", "member3_stage1_block12_pointwise_relu6"])
@pytest.mark.parametrize("stacks", [1, 4, 9])
def test_names_below_stacks_do_not_overlap(name, stacks):
    maps = [FeatureMap(f"{name}_{k}", np.ones((28 >> min(k, 4),) * 2 + (16 * (k + 1),))) for k in range(stacks)]
    scores = np.eye(10)[3]
    figure = draw_pipeline("all", np.zeros((28, 28, 1), np.uint8), maps, scores, [f"class {k}" for k in range(10)])
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    below = [text for text in figure.axes[0].texts if "\n" in text.get_text()]
    boxes = [text.get_window_extent(renderer) for text in below]
    assert len(boxes) == stacks + 2  # the image, the stacks, the scores
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))


def test_a_long_network_goes_on_in_the_next_row():
    maps = [FeatureMap(f"layer_{k}", np.ones((14, 14, 16))) for k in range(40)]
    names = [f"class {k}" for k in range(10)]
    figure = draw_pipeline("all", np.zeros((28, 28, 1), np.uint8), maps, np.eye(10)[3], names)
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    boxes = [text.get_window_extent(renderer) for text in figure.axes[0].texts if "\n" in text.get_text()]
    rows = [list(row) for _, row in itertools.groupby(boxes, key=lambda box: round(box.y1))]
    assert sum(map(len, rows)) == 42 and len(rows) >= 3
    assert all(upper[0].y0 > lower[0].y1 for upper, lower in itertools.pairwise(rows))
    assert all(left.x1 < right.x0 for row in rows for left, right in itertools.pairwise(row))
    assert max(map(len, rows)) - min(map(len, rows)) <= 2
    width, _ = figure.canvas.get_width_height()
    assert all(box.x0 >= 0 and box.x1 <= width for box in boxes)
