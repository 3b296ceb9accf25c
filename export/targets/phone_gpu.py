"""A phone's GPU."""

from .target import Target, Tool

TARGET = Target(
    "phone-gpu",
    runtime="LiteRT, GPU delegate",
    schemes=("float32", "float16"),
    tool=Tool("adb", "Android's platform tools, with adb on the PATH"),
)
