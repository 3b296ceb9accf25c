"""What covering a part of the picture costs."""

from .question import Answer, Question


def answer(subject):
    from ..attribution import occlusion
    from ..figures import draw_heat

    heat = occlusion(subject.model.predict, subject.pixels, subject.prediction.class_index)
    meaning = "loss of score where it is covered"
    return Answer(draw_heat(f"occlusion · {subject.title}", subject.pixels, heat, meaning))


QUESTION = Question("occlusion", "what covering a part of the picture costs", answer, needs_picture=True)
