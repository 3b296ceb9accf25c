"""Arm's Ethos-U NPUs, by their multiply-accumulate units."""

import functools

from ..target import Setting, Target, Tool
from .compiling import check, compile_for
from .package import package

_VELA = Tool(
    "ethos-u-vela",
    "pip install edgezoo[ethos-u]",
    is_package=True,
    use="check and export compile with it; check goes by its saved rules without it",
)


def _clock(value):
    """Hertz."""
    try:
        clock = float(value)
    except ValueError:
        clock = 0
    if not 0 < clock < float("inf"):
        raise ValueError("a number of hertz, such as 160e6")
    return clock


_SETTINGS = {
    "system": Setting("clock, buses and memories: a system of Vela's vela.ini, such as Ethos_U55_Deep_Embedded"),
    "memory_mode": Setting("what lies in SRAM: a memory mode of Vela's vela.ini, such as Sram_Only"),
    "clock_hz": Setting("the NPU's clock in hertz, for times (default: the system's)", _clock),
}

_WITHOUT_VELA = """
Vela was not here when the bundle was made. It compiles the model; edgezoo then writes sources of a firmware, too:

    pip install edgezoo[ethos-u]
    vela --accelerator-config {{ target }} {{ file }}
"""

TARGET = tuple(
    Target(
        name := f"ethos-u{family}-{macs}",
        runtime="Ethos-U driver, TFLM",
        schemes=("int8",),
        io="uint8",
        tool=_VELA,
        signatures=False,
        check=functools.partial(check, configuration=name),
        by_tool="Vela's compiled file",
        by_rules="the rules that Vela publishes",
        compile=functools.partial(compile_for, configuration=name),
        package=functools.partial(package, configuration=name),
        settings=_SETTINGS,
        guide=_WITHOUT_VELA,
    )
    for family, sizes in ((55, (32, 64, 128, 256)), (65, (256, 512)), (85, (128, 256, 512, 1024, 2048)))
    for macs in sizes
)
