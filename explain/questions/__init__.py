"""What can be asked of a model, one module each; ``question.py`` says what a question is.

The names can be listed without NumPy, Keras or matplotlib: a question imports what it works with when it is asked.
"""

from ...common.registry import Registry, from_modules
from .question import Answer, Prediction, Question, Subject

__all__ = ["QUESTIONS", "Answer", "Prediction", "Question", "Subject"]

#: Name → ``Question``.
QUESTIONS = Registry(
    "question",
    "edgezoo.questions",
    from_modules(
        __name__,
        (
            "feature_maps",
            "filters",
            "saliency",
            "grad_cam",
            "occlusion",
            "activation_maximization",
            "receptive_field",
            "pipeline",
        ),
        "QUESTION",
    ),
    remedy="",
)
