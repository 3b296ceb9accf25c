"""What ``edgetpu_compiler`` says: its output and its log file, of versions 1 to 16.

The table of operators is in the log file of every version, and in the output with ``-s`` or where some stay on the CPU;
memory is told since version 2.0.
"""

import dataclasses
import re

MAPPED = "Mapped to Edge TPU"
#: What a status means for people, and what to do about it.
MEANINGS = {
    "More than one subgraph is not supported": (
        "it follows an operator that stays on the CPU, and only one part of a network is compiled",
        "mend the first operator that stays on the CPU",
    ),
    "Operation not supported": ("the Edge TPU has no such operator", None),
    "Tensor has unsupported rank (up to 3 innermost dimensions mapped)": (
        "only the three innermost sizes of its tensors may exceed 1",
        "use batch 1, and no more than three dimensions beside it",
    ),
    "Image-interpolation layer won't run precisely enough on Edge TPU": (
        "resizing by these sizes is not precise enough there",
        "resize by 2 at a time, from more than one pixel",
    ),
    "Only Strided-Slice with unitary strides supported": (
        "this version of the compiler maps slices of stride 1 only",
        "compile with version 16",
    ),
    "Operation is otherwise supported, but not mapped due to some unspecified limitation": (
        "the Edge TPU has this operator, but not of these sizes or types",
        "use a smaller input or fewer channels; export with uint8 in and out",
    ),
    "Operation version not supported": ("the compiler does not know this version of it", "convert with TensorFlow 2.5"),
    "Operation is working on an unsupported data type": (
        "it works on a type other than 8-bit integers",
        "export with uint8 in and out",
    ),
}
_UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_HEADING = re.compile(r"^Operator +Count +Status *$", re.MULTILINE)
_REST = "All other operators were mapped successfully"
_VERSION = re.compile(r"Edge TPU Compiler version (\d+(?:\.\d+)+)")
_ROW = re.compile(r"^(\S+) +(\d+) +(\S.*?)\s*$", re.MULTILINE)
_FAILURE = re.compile(
    r"^(?:ERROR: .*|Invalid model: .*|Model not quantized.*|Model could not be parsed.*|Internal compiler error.*"
    r"|Compilation failed: .*|Compilation failed due to .*|.* doesn't match the number of .*)$",
    re.MULTILINE,
)
_BYTES = {
    "cached": re.compile(r"On-chip memory used for caching model parameters: ([\d.]+)(\w+)"),
    "free": re.compile(r"On-chip memory (?:remaining|available) for caching model parameters: ([\d.]+)(\w+)"),
    "streamed": re.compile(r"Off-chip memory used for streaming uncached model parameters: ([\d.]+)(\w+)"),
}
_COUNTS = {
    "subgraphs": re.compile(r"Number of Edge TPU subgraphs: (\d+)"),
    "operators": re.compile(r"Total number of operations: (\d+)"),
    "mapped": re.compile(r"Number of operations that will run on Edge TPU: (\d+)"),
    "on_cpu": re.compile(r"Number of operations that will run on CPU: (\d+)"),
    "milliseconds": re.compile(r"Model compiled successfully in (\d+) ms"),
}


@dataclasses.dataclass(frozen=True)
class Log:
    """What was read.

    Attributes:
        version: of the compiler, ``"16.0.384591198"``, or ``None`` where it says none.
        rows: ``(operator, count, status)``, as printed; empty where there is no table.
        memory: ``cached``, ``free`` and ``streamed`` in bytes, as exact as they are printed; what is told of them.
        counts: ``subgraphs``, ``operators``, ``mapped``, ``on_cpu``, ``milliseconds``; what is told of them.
        rest_mapped: whether it says that operators without a row are mapped.
        failure: what it says went wrong, in one line, or ``None``.
    """

    version: str | None
    rows: tuple[tuple[str, int, str], ...]
    memory: dict
    counts: dict
    rest_mapped: bool
    failure: str | None

    @property
    def statuses(self):
        """Operator → list of ``(count, status)``."""
        found = {}
        for op, count, status in self.rows:
            found.setdefault(op, []).append((count, status))
        return found


def parse_log(text):
    """Reads what the compiler printed or wrote; of text that is no log, ``version`` is ``None`` and all else is empty.

    Args:
        text: output, log file, or one after the other: a table that stands twice is read once.

    Returns:
        ``Log``.
    """
    text = text.replace("\r", "")
    version = _VERSION.search(text)
    tables = _HEADING.split(text)[1:]
    rows = _ROW.findall(tables[-1]) if tables else []
    # The names of what went wrong stand in lines of their own; the last lines say only that it did.
    # What failed before it succeeded were tries of its search for a part that it can compile.
    last = text.rpartition("Model compiled successfully")[2]
    failure = " ".join(line.strip() for line in dict.fromkeys(_FAILURE.findall(last)))
    if not failure and "Compilation failed!" in last:
        failure = "Compilation failed, for no reason that it names."
    return Log(
        version=version and version[1],
        rows=tuple((op, int(count), status) for op, count, status in rows),
        memory={name: round(float(found[1]) * _UNITS.get(found[2], 1)) for name, found in _found(_BYTES, text)},
        counts={name: int(found[1]) for name, found in _found(_COUNTS, text)},
        rest_mapped=_REST in (tables or [""])[-1],
        failure=failure or None,
    )


def _found(patterns, text):
    return [(name, found) for name, pattern in patterns.items() if (found := pattern.search(text))]
