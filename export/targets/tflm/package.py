"""Sources to build a ``.tflite`` file with TensorFlow Lite Micro: for CMake, and as an Arduino sketch."""

import functools
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from ....common.errors import EdgezooError
from ....common.files import existing_file, output_folder, sha256, write_text
from ....inspection.graph import read_graph
from ....runtime.tflm import RUNTIME
from ....runtime.tflm.interpreter import Interpreter
from ....runtime.tflm.kernels import resolver_methods

#: File → template. Arduino's builder looks for ``.cpp`` beside a sketch of the folder's own name.
_CMAKE = {name: f"{name}.j2" for name in ("CMakeLists.txt", "README.md", "main.cc", "model.cc", "model.h")}
_ARDUINO = {"{sketch}.ino": "main.cc.j2", "model.cpp": "model.cc.j2", "model.h": "model.h.j2"}
#: Type of a tensor → its name in C++, and in ``TfLiteTensor::data``.
_CTYPES = {
    "float32": ("float", "f"),
    "int8": ("int8_t", "int8"),
    "uint8": ("uint8_t", "uint8"),
    "int16": ("int16_t", "i16"),
    "int32": ("int32_t", "i32"),
}
#: Cores that the array is compiled for where there is a compiler.
_CORES = ("cortex-m4", "cortex-m55")
_COMPILER = "arm-none-eabi-g++"


def package(path, out_dir):
    """Writes the file as a C array, with a program around it that has its operators and its arena.

    Args:
        path: ``.tflite`` file of one input and one output.
        out_dir: folder; made if need be.

    Returns:
        ``{"files": [paths], "figures": {"arena": bytes, "operators": […], "array": {core: bytes}}}``; ``array`` has
        the size in flash for each core that ``arm-none-eabi-g++`` compiles it for, and is empty without one.

    Raises:
        EdgezooError: the file is damaged, TFLM does not run it or is not installed, or the folder cannot be written.
    """
    graph, content = read_graph(path), existing_file(path).read_bytes()
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise EdgezooError(
            f"{path} has {len(graph.inputs)} inputs and {len(graph.outputs)} outputs; main.cc is for one of each."
        )
    if any(op == "VAR_HANDLE" for op, _ in graph.kinds):
        raise EdgezooError(f"{path} keeps a state in variables, which main.cc does not make; write it by hand.")
    methods, source, answer = resolver_methods(graph), graph.tensors[graph.inputs[0]], graph.tensors[graph.outputs[0]]
    if answer.dtype not in _CTYPES:
        raise EdgezooError(f"{path} has an output of {answer.dtype}; main.cc is for {', '.join(_CTYPES)}.")
    out_dir = output_folder(out_dir, "the sources")
    with Interpreter(content) as interpreter:
        try:
            interpreter.try_once([source.dtype])
            arena = interpreter.smallest_arena()
        except EdgezooError as error:
            raise EdgezooError(f"TFLM does not run {path}: {error}") from error
    facts = {
        "name": re.sub(r"[^\w.-]", "_", Path(path).stem, flags=re.ASCII),
        "sketch": re.sub(r"\W", "_", Path(path).stem, flags=re.ASCII),
        "size": len(content),
        "sha256": sha256(path),
        "array": _array(content),
        "arena": arena,
        "methods": methods,
        "input": source,
        "output": answer,
        "ctype": _CTYPES[answer.dtype][0],
        "field": _CTYPES[answer.dtype][1],
        "runtime": RUNTIME.version,
    }
    files = _write(out_dir, _CMAKE, facts, arduino=False)
    files += _write(out_dir / "arduino" / facts["sketch"], _ARDUINO, facts, arduino=True)
    sizes = {core: _size_in_flash(out_dir / "model.cc", core) for core in _CORES if shutil.which(_COMPILER)}
    return {"files": files, "figures": {"arena": arena, "operators": methods, "array": sizes}}


def _write(folder, templates, facts, **more):
    files = []
    for name, template in templates.items():
        files.append(folder / name.format(**facts))
        write_text(files[-1], _templates().get_template(template).render(**facts, **more))
    return files


@functools.cache
def _templates():
    import jinja2

    environment = jinja2.Environment(  # of C++ and Markdown: nothing is escaped, and names come in cleaned
        loader=jinja2.PackageLoader(__package__, package_path="templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["quantization"] = _quantization
    return environment


def _quantization(tensor):
    """How integers stand for real numbers, in words."""
    if not tensor.scale:
        return ""
    return f", of which each is (real / {tensor.scale[0]:.9g}) + {tensor.zero_point[0] if tensor.zero_point else 0}"


def _array(content):
    """The bytes as numbers of C, sixteen a line."""
    numbers = [f"0x{byte:02x}," for byte in content]
    return "\n".join("  " + " ".join(numbers[k : k + 16]) for k in range(0, len(numbers), 16))


def _size_in_flash(source, core):
    """Bytes of read-only data in the array's object file for a Cortex-M."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "model.o")
        command = [_COMPILER, f"-mcpu={core}", "-mthumb", "-std=c++17", "-Os", "-c", source, "-o", target]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)
            table = subprocess.run(["arm-none-eabi-size", "-A", target], check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            said = getattr(error, "stderr", None) or error
            raise EdgezooError(f"{source} does not compile for {core}: {str(said).strip().splitlines()[-1]}") from error
    return sum(int(size) for size in re.findall(r"^\.rodata\S*\s+(\d+)", table.stdout, re.MULTILINE))
