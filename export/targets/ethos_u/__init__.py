"""Arm's Ethos-U NPUs, by their multiply-accumulate units."""

import functools

from ..target import Target, Tool
from .compiling import check, compile_for

_VELA = Tool(
    "ethos-u-vela",
    "pip install edgezoo[ethos-u]",
    is_package=True,
    use="check asks it where operators run, and goes by its saved rules without it",
)

TARGET = tuple(
    Target(
        name := f"ethos-u{family}-{macs}",
        runtime="Ethos-U driver, TFLM",
        schemes=("int8",),
        io="uint8",
        tool=_VELA,
        check=functools.partial(check, configuration=name),
        compile=functools.partial(compile_for, configuration=name),
    )
    for family, sizes in ((55, (32, 64, 128, 256)), (65, (256, 512)), (85, (128, 256, 512, 1024, 2048)))
    for macs in sizes
)
