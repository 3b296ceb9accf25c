import itertools

from hypothesis import HealthCheck, given, settings

from edgezoo.explain.windows.drawing import draw

from .examples import pictures, windows


def texts_of(figure):
    """Text → its box in pixels, for each text on the page."""
    figure.draw_without_rendering()
    return [(text.get_text(), text.get_window_extent()) for text in figure.axes[0].texts if text.get_text()]


def assert_readable(figure):
    """No text lies over another one or outside the page."""
    texts = texts_of(figure)
    for text, box in texts:
        assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1, text
        assert figure.bbox.y0 <= box.y0 and box.y1 <= figure.bbox.y1, text
    for (one, box), (other, another) in itertools.combinations(texts, 2):
        assert not box.overlaps(another), (one, other)


@pictures
def test_a_picture_can_be_read(window):
    assert_readable(draw(window, "conv1 · Conv2D"))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(windows(size=300, kernel=40, stride=20, dilation=20, pads=30))
def test_a_picture_of_any_window_can_be_read(window):
    assert_readable(draw(window))
