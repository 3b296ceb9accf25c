"""C++ sources around a ``.tflite`` file that runs in TensorFlow Lite Micro on a device, with an Arm NPU or without."""

import functools
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from ....common.errors import EdgezooError
from ....common.files import existing_file, output_folder, sha256, write_text
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


def require_one_of_each(graph, path):
    """``graph`` if ``main.cc`` can feed and read it.

    Args:
        graph: ``inspection.graph.Graph`` of the file at ``path``.

    Raises:
        EdgezooError: it has several inputs or outputs, an output of a type that ``main.cc`` does not read, a state, or
            an operator that TFLM has no kernel for.
    """
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise EdgezooError(
            f"{path} has {len(graph.inputs)} inputs and {len(graph.outputs)} outputs; main.cc is for one of each."
        )
    if any(op == "VAR_HANDLE" for op, _ in graph.kinds):
        raise EdgezooError(f"{path} keeps a state in variables, which main.cc does not make; write it by hand.")
    resolver_methods(graph)
    answer = graph.tensors[graph.outputs[0]]
    if answer.dtype not in _CTYPES:
        raise EdgezooError(f"{path} has an output of {answer.dtype}; main.cc is for {', '.join(_CTYPES)}.")
    return graph


def write_sources(path, graph, out_dir, arena, about_arena, *, arduino=False, npu=None):
    """Writes a file as a C array, and the program around it.

    Args:
        path: ``.tflite`` file.
        graph: its ``Graph``, as ``require_one_of_each`` passes it.
        out_dir: folder; made if need be.
        arena: bytes of memory for tensors.
        about_arena: where that number is from, in words.
        arduino: whether an Arduino sketch is written, too.
        npu: name of the NPU that the file is compiled for, or ``None``.

    Returns:
        As ``package.package``.
    """
    out_dir, methods = output_folder(out_dir, "the sources"), resolver_methods(graph)
    content, answer = existing_file(path).read_bytes(), graph.tensors[graph.outputs[0]]
    facts = {
        "name": re.sub(r"[^\w.-]", "_", Path(path).stem, flags=re.ASCII),
        "sketch": arduino and re.sub(r"\W", "_", Path(path).stem, flags=re.ASCII),
        "size": len(content),
        "sha256": sha256(path),
        "array": _array(content),
        "arena": arena,
        "about_arena": about_arena,
        "methods": methods,
        "input": graph.tensors[graph.inputs[0]],
        "output": answer,
        "ctype": _CTYPES[answer.dtype][0],
        "field": _CTYPES[answer.dtype][1],
        "npu": npu,
    }
    files = _write(out_dir, _CMAKE, facts, arduino=False)
    if arduino:
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
