"""Microcontrollers."""

from .target import Target, Tool

TARGET = Target(
    "tflm",
    runtime="TensorFlow Lite Micro",
    schemes=("int8",),
    io="uint8",
    tool=Tool("tflite-micro", "pip install --pre tflite-micro", is_package=True),
)
