"""The weights of the convolutions."""

from .question import Answer, Question


def answer(subject):
    from ..bands import band_of_filters
    from ..figures import draw_bands
    from ..filters import kernels
    from ..layers import spread

    found = kernels(subject.model, subject.layer or "*")
    found = found if subject.layer else spread(found)
    figure = draw_bands(f"filters · {subject.title}", [band_of_filters(each) for each in found])
    return Answer(figure, [each.layer for each in found])


QUESTION = Question("filters", "the weights of the convolutions", answer)
