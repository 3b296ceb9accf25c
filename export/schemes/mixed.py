"""Each layer in a precision of its own: int8 where that is enough, more where it is not."""

from ..quantizing import quantized
from ..ranges import ranges_of
from .scheme import IO_TYPES, Scheme


def make(source):
    content, choices = source.float_file(), dict(source.choices)
    precision = source.precision or "int8"
    ranges = ranges_of(
        content,
        source.representative,
        source.estimator or "minmax",
        whole={name for name, chosen in choices.items() if chosen == "int16x8"},
    )
    return quantized(content, precision, choices, ranges, io=source.io, per_channel_dense=source.per_channel_dense)


SCHEME = Scheme(
    "mixed",
    weights="each layer's own",
    activations="each layer's own",
    make=make,
    needs_calibration=True,
    needs_fixed_size=True,
    io_types=IO_TYPES,
)
