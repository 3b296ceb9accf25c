"""The whole network to scale."""

from .question import Answer, Question


def answer(subject):
    from ..features import maps_of_stages
    from ..pipeline import draw_pipeline

    maps = maps_of_stages(subject.model, subject.pixels, subject.layer)
    scores, names = subject.prediction.scores, subject.prediction.names
    figure = draw_pipeline(subject.title, subject.pixels, maps, scores, names)
    return Answer(figure, [each.layer for each in maps])


QUESTION = Question(
    "pipeline",
    "the whole network to scale: stacks of feature maps that shrink in space and grow in depth",
    answer,
    needs_picture=True,
)
