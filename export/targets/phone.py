"""A phone's CPU."""

from .target import Target, Tool
from .xnnpack import check

TARGET = Target(
    "phone",
    runtime="LiteRT, XNNPACK on the CPU",
    schemes=("float32", "float16", "dynamic", "int8"),
    tool=Tool(
        "ai-edge-litert",
        "pip install ai-edge-litert",
        is_package=True,
        use="evaluate, benchmark and explain run files with it on this machine, not on the device",
    ),
    check=check,
)
