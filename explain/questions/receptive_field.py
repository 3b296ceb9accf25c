"""What the middle units of layers depend on, and what moves them."""

from .question import Answer, Question


def answer(subject):
    from ..features import maps_of_stages
    from ..fields import fields_of
    from ..figures import draw_overlays
    from ..layers import spread

    maps = maps_of_stages(subject.model, subject.pixels, subject.layer)
    layers = [each.layer for each in (maps if subject.layer else spread(maps))]
    heats, boxes = fields_of(subject.model, subject.pixels, layers)
    panels = []
    for layer in layers:
        top, left, bottom, right = boxes[layer]
        panels.append((f"{layer} · {bottom - top}×{right - left}", heats[layer], boxes[layer]))
    meaning = "box: what the middle unit depends on; colour: what moves it in this picture"
    figure = draw_overlays(f"receptive field · {subject.title}", subject.pixels, panels, meaning)
    return Answer(figure, layers, {"boxes": boxes})


QUESTION = Question(
    "receptive-field",
    "what the middle unit of each stage depends on, and what moves it in this picture",
    answer,
    needs_picture=True,
)
