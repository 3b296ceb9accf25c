"""What a file that is asked for is to be like."""

import typing

from ..common.errors import EdgezooError, UnknownName
from .estimators import ESTIMATORS
from .quantizing import PRECISIONS
from .schemes import SCHEMES

#: The number format of files whose layers are not all in one.
MIXED = "mixed"


class Form(typing.NamedTuple):
    """What a file is to be like. Equal forms of one model are one conversion.

    Attributes:
        scheme: key of ``SCHEMES``.
        io: type of its input and output.
        per_channel_dense: as of ``schemes.Source``.
        from_rgb: whether it takes colour, of which it makes the gray that the network takes.
        estimator, precision: as of ``schemes.Source``.
        layers: of a mixed file, pairs of a pattern of layers (``choosing.choices_of``) and their precision.
    """

    scheme: str
    io: str
    per_channel_dense: bool = True
    from_rgb: bool = False
    estimator: str | None = None
    precision: str | None = None
    layers: tuple[tuple[str, str], ...] = ()

    @property
    def record(self):
        """What the manifest says of a mixed file's precisions; ``None`` for any other."""
        return {"precision": self.precision, "chosen": dict(self.layers)} if self.layers else None


def form_for(target, scheme=None, io=None, from_rgb=False, estimator=None, layers=()):
    """The ``Form`` of a file for a ``Target``: in the format that it ships, or in the one that is asked for.

    Raises:
        EdgezooError: the target does not run what is asked for.
    """
    asked, io = target.chosen(MIXED if layers else scheme, io)
    return form_of(scheme or "int8" if layers else asked, io, target.per_channel_dense, from_rgb, estimator, layers)


def form_of(scheme, io, per_channel_dense=True, from_rgb=False, estimator=None, layers=()):
    """The ``Form`` of a file in a number format, or of a mixed one of that, if ``layers`` have others.

    Raises:
        EdgezooError, UnknownName: layers cannot be in such a precision, or beside such a format.
    """
    if estimator not in (None, *ESTIMATORS):
        raise UnknownName("estimator", estimator, ESTIMATORS, f"there are {', '.join(ESTIMATORS)}")
    if layers:
        for precision in (scheme, *(chosen for _, chosen in layers)):
            if precision not in PRECISIONS:
                raise UnknownName("precision of layers", precision, PRECISIONS, f"there are {', '.join(PRECISIONS)}")
    elif scheme == MIXED:
        raise EdgezooError("mixed is for layers in other precisions than the rest; name them with --layer.")
    name = MIXED if layers else scheme
    # 65,536 steps reach from the lowest to the highest value without any loss, so that int16 is read off as ever.
    read = estimator if name in ("int8", MIXED) else None
    chosen = (scheme, tuple(layers)) if layers else (None, ())
    return Form(name, SCHEMES[name].io(io), per_channel_dense, from_rgb, read, *chosen)


def require_one(schemes, layers):
    """Refuses several number formats where ``layers`` are chosen for one file."""
    if layers and len(schemes) > 1:
        raise EdgezooError("layers are chosen for one file; give one --quantize, the precision of all other layers.")
