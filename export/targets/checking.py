"""What a device makes of a ``.tflite`` file, operator by operator."""

import collections
import dataclasses

from ...common.errors import EdgezooError

#: Where an operator runs: in what the target is there for, on its CPU, or not at all.
ACCELERATOR, CPU, NOWHERE = "accelerator", "cpu", "nowhere"


class Unchecked(EdgezooError):
    """This machine lacks what a check needs, which says nothing of the file."""


@dataclasses.dataclass(frozen=True)
class Placement:
    """Where one operator instance runs.

    Attributes:
        index: its place in the file.
        op: its name, as in ``inspection.graph.Operator``.
        where: ``ACCELERATOR``, ``CPU`` or ``NOWHERE``.
        reason: why not on the accelerator, in words; ``None`` for what is there.
        remedy: what to change in the network or the export to mend that, or ``None`` where nobody knows.
    """

    index: int
    op: str
    where: str
    reason: str | None = None
    remedy: str | None = None


@dataclasses.dataclass(frozen=True)
class Check:
    """What one target makes of one file.

    Attributes:
        operators: ``Placement`` of every operator instance, in file order; empty if ``refused``.
        by: what says so: ``"static rules"``, or a compiler or runtime with its version.
        refused: why the target takes nothing of the file, or ``None``.
        remedy: what to do about that, or ``None``.
        memory: what is needed: name → ``{"bytes": int, "of": int}``, ``of`` being what the device has, or ``None``.
        figures: what a compiler estimates, JSON-able.
        notes: further sentences.
    """

    operators: tuple[Placement, ...]
    by: str
    refused: str | None = None
    remedy: str | None = None
    memory: dict = dataclasses.field(default_factory=dict)
    figures: dict = dataclasses.field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def counts(self):
        """``Counter`` of operators by where they run."""
        return collections.Counter(each.where for each in self.operators)


def refusal(by, why, remedy=None, **more):
    """The ``Check`` of a file that a target takes nothing of."""
    return Check((), by, refused=why, remedy=remedy, **more)
