"""What an experiment is."""

import dataclasses
from collections.abc import Callable


@dataclasses.dataclass(frozen=True)
class Experiment:
    """A question, and how data answer it.

    Attributes:
        name: as on the command line.
        question: one line.
        run: function from a ``Lab`` to the rows, one flat JSON-able dict a measured point, all with the same keys.
        plot: function from the rows to a ``matplotlib.figure.Figure``.
        paragraph: function from the rows to plain words: what was measured, and whether the claim shows.
    """

    name: str
    question: str
    run: Callable
    plot: Callable
    paragraph: Callable
