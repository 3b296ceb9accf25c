"""A ``.tflite`` file given to LiteRT's GPU delegate, and what the delegate says of it: it only prints that."""

import dataclasses
import re

from ...common.errors import EdgezooError
from ...common.quiet import quiet_stderr
from ...common.text import one_line
from .vulkan import REMEDY, find_drivers

_ADAPTER = re.compile(r"Selected adapter: (?P<name>.*?), arch=.*adapterType=(?P<type>.*)")
_REFUSED = re.compile(r"not supported by GPU delegate:\n(?P<reasons>(?:\S+: .*\n)*)(?P<count>\d+|No) ")
_NO_ADAPTER = "No adapters found"
#: What is said of the file: other lines tell of plugins, and of where in LiteRT the failure went through.
_FAILURE = re.compile(r"^ERROR: (?:\[\w+\.cc:\d+\] )?([^\[\n].*)$", re.MULTILINE)


class NoGPU(EdgezooError):
    """There is no Vulkan driver, or none that the delegate takes."""


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What the delegate made of a file.

    Attributes:
        adapter: name of the GPU, or of what stands in for it.
        is_software: whether that is a renderer on the CPU.
        refused: pairs of an operator's name and why the delegate does not run it, each once.
        count: operators that it runs where it refused any, by its own count; ``None`` where it runs all.
    """

    adapter: str
    is_software: bool
    refused: tuple[tuple[str, str], ...]
    count: int | None


def delegated_to_gpu(content, shape=None):
    """Compiles a file for the GPU; what the delegate does not run stays on the CPU.

    Args:
        content: of a ``.tflite`` file, ``bytes``.
        shape: to give its first input, where that is open.

    Returns:
        ``(model, verdict)``: ``ai_edge_litert.compiled_model.CompiledModel`` and ``Verdict``.

    Raises:
        NoGPU: there is no Vulkan driver.
        EdgezooError: LiteRT does not run the file.
    """
    from ai_edge_litert.compiled_model import CompiledModel, HardwareAccelerator

    find_drivers()
    with quiet_stderr() as said:
        model = failure = None
        try:
            model = CompiledModel.from_buffer(content, HardwareAccelerator.GPU | HardwareAccelerator.CPU)
            if shape:
                model.resize_input_tensor(0, shape)
        except (RuntimeError, ValueError) as error:
            failure = error
        log = said()
    adapter = _ADAPTER.search(log)
    if _NO_ADAPTER in log or not (adapter or failure):
        raise NoGPU(f"the GPU delegate finds no GPU here; {REMEDY}.")
    if failure:
        words = [line for line in _FAILURE.findall(log) if "not supported by GPU delegate" not in line]
        raise EdgezooError(" ".join(words)[:300] or one_line(failure, 300)) from failure
    found = _REFUSED.search(log)
    reasons = [line.partition(": ")[::2] for line in found["reasons"].splitlines()] if found else []
    return model, Verdict(
        adapter["name"],
        "CPU" in adapter["type"],
        tuple((op, reason.strip() or "Operation is not supported.") for op, reason in reasons),
        int(found["count"].replace("No", "0")) if found else None,
    )
