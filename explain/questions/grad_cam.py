"""Places of feature maps that speak for the class."""

from .question import Answer, Question


def answer(subject):
    from ..attribution import grad_cam
    from ..figures import draw_heat

    flat, class_index = subject.model.logits(), subject.prediction.class_index
    heat, layers = grad_cam(flat, subject.pixels, class_index, subject.layer)
    places = layers[0] if len(layers) == 1 else f"{layers[0]} and {len(layers) - 1} more"
    figure = draw_heat(f"Grad-CAM at {places} · {subject.title}", subject.pixels, heat, "weight for the class")
    return Answer(figure, layers)


QUESTION = Question(
    "grad-cam",
    "places of the last feature maps, or of `--layer`, that speak for the class",
    answer,
    needs_picture=True,
    needs_gradients=True,
)
