"""Google's Coral boards and sticks with an Edge TPU."""

from .target import Target, Tool

TARGET = Target(
    "coral",
    runtime="LiteRT, Edge TPU delegate",
    schemes=("int8",),
    io="uint8",
    tool=Tool("edgetpu_compiler", "edgetpu_compiler from Coral"),
)
