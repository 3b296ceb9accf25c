"""What a compression is made of: trainings behind each other, each of which keeps what those before it made."""

import dataclasses
import re

from ..common.errors import EdgezooError

#: What ``compress --method`` takes.
METHODS = ("qat", "prune", "cluster", "prune+qat", "cluster+qat", "prune+cluster", "prune+cluster+qat")
#: Share of a pruning's steps after which the last weight has become zero; in the others the rest recovers.
PRUNED_AFTER = 0.6


@dataclasses.dataclass(frozen=True)
class Stage:
    """One training.

    Attributes:
        name: ``"prune"``, ``"cluster"`` or ``"qat"``.
        preserve: names of the stages before it, whose zeros or clusters stay.
    """

    name: str
    preserve: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """What the stages aim at.

    Attributes:
        sparsity: share of each pruned kernel that becomes zero, by polynomial decay (Zhu & Gupta 2017, «To prune, or
            not to prune»).
        structure: where the zeros lie: ``None`` anywhere, ``"2:4"`` two in four of consecutive input channels (which
            fixes the sparsity), ``"1x4"`` whole blocks of dense kernels, rows x columns.
        clusters: different values that each clustered kernel keeps.
        skip: patterns of layers' names that are left alone, as of a shell.

    Raises:
        EdgezooError: a value is out of range.
    """

    sparsity: float = 0.5
    structure: str | None = None
    clusters: int = 16
    skip: tuple[str, ...] = ()

    def __post_init__(self):
        if not 0 < self.sparsity < 1:
            raise EdgezooError(f"the sparsity must lie between 0 and 1. Received: {self.sparsity}")
        if not 2 <= self.clusters <= 256:
            raise EdgezooError(f"there must be from 2 to 256 clusters. Received: {self.clusters}")
        self.blocks, self.zeros  # noqa: B018 (they raise what is wrong)

    @property
    def blocks(self):
        """(rows, columns) of the blocks of zeros; (1, 1) for none."""
        found = re.fullmatch(r"([1-9]\d?)x([1-9]\d?)", self.structure or "1x1")
        return (int(found[1]), int(found[2])) if found else (1, 1)

    @property
    def zeros(self):
        """(zeros, of how many consecutive weights), or ``None``."""
        if self.structure is None or ("x" in self.structure and self.blocks != (1, 1)):
            return None
        found = re.fullmatch(r"([1-9]):([1-9])", self.structure)
        if not found or found[1] >= found[2]:
            raise EdgezooError(
                "the structure of zeros must be like 2:4 (two of four are zero) or 1x4 (blocks of dense kernels). "
                f"Received: {self.structure!r:.40}"
            )
        return int(found[1]), int(found[2])

    def told_of(self, stage):
        """The settings that a stage heeds, as a JSON-able dict."""
        told = {"prune": ("sparsity", "structure"), "cluster": ("clusters",), "qat": ()}[stage.name]
        return {name: getattr(self, name) for name in told} | {"skip": list(self.skip)}


def stages_of(method):
    """The ``Stage`` objects of an item of ``METHODS``, in order."""
    names = method.split("+")
    return [Stage(name, tuple(names[:number])) for number, name in enumerate(names)]
