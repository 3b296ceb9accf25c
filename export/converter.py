"""Files to convert, one after another, in a process of their own.

``TFLiteConverter`` can abort the process it runs in, and leaks memory with each call.
"""

import dataclasses

from ..common.child import Child, ChildDied
from ..common.errors import EdgezooError
from ..common.fit import Fit
from ..inspection.pixels import Pixels


@dataclasses.dataclass(frozen=True)
class Job:
    """One file to convert.

    Attributes:
        saved_model: folder written by ``freezing.save_frozen``.
        scheme: key of ``SCHEMES``.
        io: type asked for its input and output, an item of ``IO_TYPES``.
        calibration: ``.npy`` file, uint8 [n, H, W, C]; ``None`` where the format needs none.
        output: ``.tflite`` file to write.
        model, network: what the file shall carry (``identity.Identity``); ``None`` for one that says nothing of itself.
        pixels: ``Pixels`` that it takes; ``None`` for raw ones.
        fit: ``Fit``, how pictures get its size; ``None`` for a squash.
        per_channel_dense, estimator, precision, choices: as of ``schemes.Source``; until ``choosing.with_operators``
            the choices are by pattern.
    """

    saved_model: str
    scheme: str
    io: str
    calibration: str | None
    output: str
    model: str | None = None
    network: str | None = None
    pixels: Pixels | None = None
    per_channel_dense: bool = True
    estimator: str | None = None
    precision: str | None = None
    choices: tuple[tuple[str, str], ...] = ()
    fit: Fit | None = None

    @property
    def parts(self):
        """The conversions that the file is made of: this one."""
        return (self,)


@dataclasses.dataclass(frozen=True)
class Joining:
    """One file to make of several that were converted before it.

    Attributes:
        parts: the ``Job`` of each, all of one scheme.
        signatures: the name that the graph of each gets.
        output: ``.tflite`` file to write.
    """

    parts: tuple[Job, ...]
    signatures: tuple[str, ...]
    output: str

    @property
    def scheme(self):
        """Key of ``SCHEMES``."""
        return self.parts[0].scheme


def convert_all(jobs):
    """Converts one file after another in one process; if it dies, the next job gets a new one.

    Args:
        jobs: ``Job`` or ``Joining`` of each file.

    Yields:
        ``(job, error)`` as each one ends, in order; ``error`` is ``None`` or the ``EdgezooError`` that tells why there
        is no file.
    """
    child = None
    try:
        for job in jobs:
            child = child or Child(f"{__package__}.converter_process")
            error = None
            try:
                child.ask(dataclasses.asdict(job))
            except EdgezooError as refused:
                error = refused
            except ChildDied as death:
                error = EdgezooError(f"the converter {death}")
                child.close()
                child = None
            yield job, error
    finally:
        if child:
            child.close()
