"""Google's Coral boards and sticks with an Edge TPU."""

import dataclasses
import tempfile
from pathlib import Path

from ....common.errors import EdgezooError
from ....common.files import output_folder
from ....inspection.graph import read_graph
from ..checking import ACCELERATOR, CPU, Check, Placement, refusal
from ..raspberry_pi import CLASSIFY
from ..target import Setting, Target, Tool
from .compiled import is_compiled, read_compiled
from .compiler import PROGRAM, Refusal, program, run_compiler
from .memory import CHIP_BYTES
from .rules import RUNTIME
from .static import static_check
from .verdict import check_by_log


def check(path, runtime=RUNTIME, every_subgraph=False):
    """Where every operator runs: by what is in a compiled file, else by the compiler where it is here, else by rules.

    Args:
        path: ``.tflite`` file, compiled for the Edge TPU or not.
        runtime: version of the Edge TPU runtime that the rules are asked for, 10 to 14.
        every_subgraph: whether the rules are asked for all parts of the network (the compiler's ``-a``).

    Returns:
        ``Check``.

    Raises:
        EdgezooError: the file is damaged.
    """
    graph = read_graph(path)
    if is_compiled(graph):
        return _check_compiled(graph)
    static = static_check(graph, runtime, every_subgraph)
    if not program() or (runtime, every_subgraph) != (RUNTIME, False):
        return static
    with tempfile.TemporaryDirectory() as folder:
        try:
            made = run_compiler(path, folder)
            found = check_by_log(graph, made.log, made.by, static, made.file)
            failed = None if found else f"the log of {made.by} does not speak of this file's operators"
        except Refusal as refused:
            return refusal(refused.by, refused.why, refused.remedy)
        except EdgezooError as error:
            found, failed = None, str(error).rstrip(".")
    return found or _with_note(static, f"These are rules, not the compiler's answer: {failed}.")


def compile(path, out_dir, runtime=RUNTIME, every_subgraph=False):
    """Compiles a file for the Edge TPU with Coral's compiler.

    Args:
        path, runtime, every_subgraph: as for ``check``.
        out_dir: folder for ``NAME_edgetpu.tflite`` and ``NAME_edgetpu.log``; made if it is missing.

    Returns:
        ``{"files": [paths], "figures": {…}}``: figures of the log, and of the compiled file (``compiled``).

    Raises:
        EdgezooError: the compiler is not here, refuses the file, does not end, dies, or writes no whole file.
    """
    if is_compiled(read_graph(path)):
        raise EdgezooError(f"{path} is compiled for the Edge TPU already.")
    folder = output_folder(out_dir, "the compiled file")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".tmp-coral-") as work:
        # Older compilers have another newest runtime, which is what they compile for unless they are told.
        options = ["-m", str(runtime)] if runtime != RUNTIME else []
        made = run_compiler(path, work, [*options, *(["-a"] if every_subgraph else [])])
        try:
            packages = read_compiled(read_graph(made.file))
        except EdgezooError as error:
            raise EdgezooError(f"{made.by} wrote a file that is damaged: {error}") from error
        if not packages:
            raise EdgezooError(f"{path} is not compiled for the Edge TPU: {made.by} leaves all of it to the CPU.")
        files = [made.file, *([made.log_file] if made.log_file else [])]
        moved = [file.replace(Path(folder, file.name)) for file in files]
    return {"files": moved, "figures": {**made.log.counts, **made.log.memory, **_figures(packages)}}


def _check_compiled(graph):
    """What a compiled file holds: its code is on the Edge TPU, every other operator on the CPU."""
    packages = read_compiled(graph)
    inside = {each.operator for each in packages}
    left = "the compiler left it on the CPU"
    operators = tuple(
        Placement(each.index, each.op, ACCELERATOR)
        if each.index in inside
        else Placement(each.index, each.op, CPU, left, "check the file that this one was compiled from")
        for each in graph.operators
    )
    figures = _figures(packages)
    return Check(
        operators,
        by="the compiled file",
        memory={
            "cached parameters": {"bytes": figures["cached_bytes"], "of": CHIP_BYTES},
            "streamed parameters": {"bytes": figures["streamed_bytes"], "of": None},
        },
        figures=figures,
        notes=(f"It needs Edge TPU runtime {figures['min_runtime']} or newer.",),
    )


def _figures(packages):
    """Figures of a compiled file's packages, JSON-able; empty where there is none."""
    if not packages:
        return {}
    executables = [each for package in packages for each in package.executables]
    return {
        "compiler": packages[0].compiler,
        "chip": ", ".join(sorted({each.chip for each in executables})),
        "min_runtime": max(each.runtime for each in packages),
        "cached_bytes": sum(each.cached_bytes for each in packages),
        "streamed_bytes": sum(each.streamed_bytes for each in packages),
        "narrow_memory_bytes_per_tile": max((each.narrow_memory_bytes for each in executables), default=0),
        "executables": [each.kind for each in executables],
    }


def _with_note(check, text):
    return dataclasses.replace(check, notes=(*check.notes, text))


def _runtime(value):
    if isinstance(value, bool) or not isinstance(value, int) or not 10 <= value <= RUNTIME:
        raise ValueError(f"a version from 10 to {RUNTIME}")
    return value


def _switch(value):
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


_GUIDE = """
{% if not compiled %}
Coral's compiler (x86-64 Linux) was not here when the bundle was made; where operators run is what rules say. First:

    edgetpu_compiler -s {{ file }}

{% endif %}
On the computer with the Edge TPU, with its library `libedgetpu.so.1` and `pip install ai-edge-litert numpy pillow`:

    python classify.py PICTURE FOLDER
    python example.py PICTURE {{ compiled or stem + "_edgetpu.tflite" }} libedgetpu.so.1

`classify.py` takes the compiled file where the library is, else the plain one on the CPU, and says so; `--camera` is a
Raspberry Pi's, by picamera2. Coral's own libedgetpu is of 2021: where LiteRT crashes in it, it takes one that was built
against a newer TensorFlow.

`70-edgetpu.rules` lets the group `plugdev` use the Edge TPU; `classify.service` classifies what the camera sees from
the start of the system on. Their first lines say where they go. Nothing was run on an Edge TPU here.
"""


TARGET = Target(
    "coral",
    runtime="LiteRT, Edge TPU delegate",
    schemes=("int8",),
    io="uint8",
    per_channel_dense=False,  # newer converters write another version for scales per channel, its compiler is of 2021
    signatures=False,
    tool=Tool(
        PROGRAM,
        f"{PROGRAM} from Coral",
        use="check asks it where operators run, and without it rules of ours; export compiles with it",
    ),
    check=check,
    by_tool="the compiler's log",
    by_rules="rules of edgetpu_compiler 16",
    compile=compile,
    extras=(CLASSIFY, *(Path(__file__).with_name(name) for name in ("classify.service", "70-edgetpu.rules"))),
    settings={
        "runtime": Setting(f"oldest Edge TPU runtime that it must run on, 10 to {RUNTIME}", _runtime),
        "every_subgraph": Setting("true: all parts of the network that fit, not the first alone", _switch),
    },
    guide=_GUIDE,
)
