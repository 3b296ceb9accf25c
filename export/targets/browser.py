"""Browsers, by WebAssembly or WebGPU."""

from .target import Target, Tool

TARGET = Target(
    "browser",
    runtime="LiteRT.js",
    schemes=("float32", "int8"),
    io="uint8",
    tool=Tool("npm", "Node.js and its npm"),
)
