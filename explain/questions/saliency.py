"""Pixels that move the class' logit."""

from .question import Answer, Question


def answer(subject):
    from ..attribution import saliency
    from ..figures import draw_heat

    heat = saliency(subject.model.logits(), subject.pixels, subject.prediction.class_index)
    return Answer(draw_heat(f"saliency · {subject.title}", subject.pixels, heat, "|∂logit / ∂pixel|, mean"))


QUESTION = Question(
    "saliency",
    "pixels that move the class' logit: the gradient, averaged while the picture appears",
    answer,
    needs_picture=True,
    needs_gradients=True,
)
