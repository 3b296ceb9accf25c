"""Microcontrollers, with TensorFlow Lite Micro (TFLM): what it makes of a file, and sources to build with it."""

from ..target import Target, Tool
from .check import check
from .package import package

_GUIDE = """
TFLM was not here when the bundle was made, so the arena is not known and no sources were written:
`pip install 'edgezoo[tflm]'` and export again.
"""

TARGET = Target(
    "tflm",
    runtime="TensorFlow Lite Micro",
    schemes=("int8",),
    io="uint8",
    tool=Tool(
        "tflite-micro",
        "pip install 'edgezoo[tflm]'",
        is_package=True,
        use="check and export run files in it on this machine and find the memory that they take",
    ),
    has_accelerator=False,
    signatures=False,
    check=check,
    by_tool="TFLM itself, in which the file runs",
    by_rules="TFLM's list of kernels: types, shapes and memory stay unknown",
    guide=_GUIDE,
    package=package,
    run="tflm",
)
