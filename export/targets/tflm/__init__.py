"""Microcontrollers, with TensorFlow Lite Micro (TFLM): what it makes of a file, and sources to build with it."""

from ..target import Target, Tool
from .check import check
from .package import package

TARGET = Target(
    "tflm",
    runtime="TensorFlow Lite Micro",
    schemes=("int8",),
    io="uint8",
    tool=Tool(
        "tflite-micro",
        "pip install 'edgezoo[tflm]'",
        is_package=True,
        use="check runs files in it on this machine and finds the memory that they take",
    ),
    has_accelerator=False,
    check=check,
    package=package,
    run="tflm",
)
