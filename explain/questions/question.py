"""What a question is, what it is asked about, and what an answer is."""

import dataclasses
from collections.abc import Callable
from typing import Any


@dataclasses.dataclass(frozen=True)
class Prediction:
    """What a model says about a picture.

    Attributes:
        scores: float32 [classes].
        names: of the classes, in the order of the scores.
    """

    scores: Any
    names: list

    @property
    def class_index(self):
        """Number of the class with the highest score."""
        return int(self.scores.argmax())

    @property
    def name(self):
        """What that class is called."""
        return self.names[self.class_index]

    @property
    def score(self):
        """Its score."""
        return float(self.scores[self.class_index])

    def row(self):
        """What the document says of it, JSON-able."""
        return {"class": self.class_index, "name": self.name, "score": self.score}


@dataclasses.dataclass(frozen=True)
class Subject:
    """What is asked about: a model and, for a question that needs one, a picture.

    Attributes:
        model: ``KerasFile``; ``TFLiteFile`` too where the question needs no gradients.
        title: names of the file and of the picture, and the prediction, for the figure.
        pixels: uint8 [H, W, C] in the model's shape, or ``None``.
        prediction: ``Prediction``, or ``None`` without a picture.
        layer: shell pattern of layers' names; ``None`` leaves the choice to the question.
        other: a second model, another form of the same network, or ``None``.
        seed: of what is random.
    """

    model: Any
    title: str
    pixels: Any = None
    prediction: Prediction | None = None
    layer: str | None = None
    other: Any = None
    seed: int = 0


@dataclasses.dataclass(frozen=True)
class Answer:
    """A picture, and what the document says about it.

    Attributes:
        figure: ``matplotlib.figure.Figure``.
        layers: names of the layers that are shown.
        facts: what else goes into the document, JSON-able.
    """

    figure: Any
    layers: list = dataclasses.field(default_factory=list)
    facts: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Question:
    """Something that can be asked of a model.

    Attributes:
        name: as on the command line.
        summary: one line, what the picture shows; the table of docs/explain.md has the same.
        answer: function from a ``Subject`` to an ``Answer``.
        needs_picture: whether it is asked about a picture.
        needs_gradients: whether it can be asked of a ``.keras`` file only.
        takes_two: whether a second model can stand beside the first.
    """

    name: str
    summary: str
    answer: Callable[[Subject], Answer]
    needs_picture: bool = False
    needs_gradients: bool = False
    takes_two: bool = False
