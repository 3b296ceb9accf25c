"""Arm's Ethos-U NPUs, by their multiply-accumulate units."""

from .target import Target, Tool

_VELA = Tool("ethos-u-vela", "pip install ethos-u-vela", is_package=True)

TARGET = tuple(
    Target(f"ethos-u{family}-{macs}", runtime="Ethos-U driver, TFLM", schemes=("int8",), io="uint8", tool=_VELA)
    for family, sizes in ((55, (32, 64, 128, 256)), (65, (256, 512)), (85, (128, 256, 512, 1024, 2048)))
    for macs in sizes
)
