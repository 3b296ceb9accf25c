"""Vela, Arm's compiler: run in a process of its own, its output read from the files that it writes."""

import collections
import dataclasses
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from ....common.environment import version
from ....common.errors import EdgezooError
from ....common.program import run_program
from ....inspection.graph import Graph, read_graph

PACKAGE = "ethos-u-vela"
#: The operator that stands for what runs on the NPU.
NPU = "ethos-u"
_PROGRAM = (sys.executable, "-P", "-m", "ethosu.vela")
#: Seconds; the largest networks take it some minutes.
_TIMEOUT = 900
_WARNING = re.compile(r"^Warning \(supported operators\) operator: .*, ofm: '(.*)'\n((?:.+\n?)*)", re.MULTILINE)


class CompilerFailed(EdgezooError):
    """Vela made nothing of a file; the message says how it ended."""


@dataclasses.dataclass(frozen=True)
class Compiled:
    """What Vela made of a file.

    Attributes:
        content: bytes of the compiled file.
        graph: that file's ``Graph``.
        warnings: name of an operator's first output → Vela's reason not to take it; also of what it then folds away.
        summary: row of its summary, name → text, or number for what is used here.
        layers: operations of the NPU as dicts: ``operator`` that it comes of and the one that ``runs``, both by Vela's
            names, ``output``, ``cycles``, ``macs`` and ``utilization`` of the MAC units, a fraction.
    """

    content: bytes
    graph: Graph
    warnings: dict
    summary: dict
    layers: list


def installed():
    """Vela's version, or ``None``."""
    return version(PACKAGE)


def compiled(path, configuration, system, memory_mode):
    """Compiles a file.

    Args:
        path: ``.tflite`` file.
        configuration: such as ``"ethos-u55-128"``.
        system, memory_mode: names in the ``vela.ini`` that comes with Vela.

    Returns:
        ``Compiled``.

    Raises:
        CompilerFailed: Vela hangs, dies, or leaves no file, or none that can be read. Its exit status says nothing of
            the operators that it leaves to the CPU.
    """
    with tempfile.TemporaryDirectory() as folder:
        # Vela derives its file names from this one, whatever the user's is called.
        source = Path(folder, "network.tflite")
        shutil.copyfile(path, source)
        log = _run(
            source,
            *("--accelerator-config", configuration, "--config", "Arm/vela.ini", "--system-config", system),
            *("--memory-mode", memory_mode, "--verbose-performance", "--output-dir", folder),
        )
        try:
            content = Path(folder, "network_vela.tflite").read_bytes()
            (summary,) = _rows(Path(folder, f"network_summary_{system}.csv"))
            layers = Path(folder, "network_per-layer.csv")
            return Compiled(
                content=content,
                graph=read_graph(content),
                warnings={name: reason.strip() for name, reason in _WARNING.findall(log)},
                summary=_numbers(summary),
                # Vela writes the table only where something is left to run.
                layers=_layers(layers) if layers.exists() else [],
            )
        except (OSError, ValueError, LookupError, EdgezooError) as error:
            raise CompilerFailed(f"Vela ended well and left no file that can be read: {_last_words(log)}") from error


def _run(source, *arguments):
    """What Vela prints."""
    try:
        status, log = run_program([*_PROGRAM, str(source), *arguments], source.parent, _TIMEOUT)
    except subprocess.TimeoutExpired as error:
        raise CompilerFailed(f"Vela did not end within {_TIMEOUT} s") from error
    if status < 0:
        raise CompilerFailed(f"Vela was ended by {signal.Signals(-status).name}")
    if status:
        raise CompilerFailed(f"Vela ended with status {status}: {_last_words(log)}")
    return log


def _last_words(log):
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it said nothing"


def _rows(path):
    """Rows of a CSV file of Vela's, which quotes nothing: the last column, a tensor's name, has commas and breaks."""
    headings, *lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    names = headings.split(",")
    rows = (line.split(",", len(names) - 1) for line in lines)
    return [dict(zip(names, row, strict=True)) for row in rows if len(row) == len(names)]


def _layers(path):
    return [
        {
            "operator": row["Original Operator"],
            "runs": row["NNG Operator"],
            "output": row["Name"],
            "cycles": int(float(row["Op Cycles"])),
            "macs": int(float(row["MAC Count"])),
            "utilization": float(row["Util% (MAC)"]) / 100,
        }
        for row in _rows(path)
    ]


def _numbers(row):
    """The row with numbers for what are numbers, to fail here rather than later."""
    needed = ("cycles_total", "core_clock", "nn_macs")
    memories = ("sram", "dram", "on_chip_flash", "off_chip_flash")
    numbers = {name: float(row[name]) for name in (*needed, *(f"{memory}_memory_used" for memory in memories))}
    return {**row, **numbers}


def left_to_cpu(graph, result):
    """Which operators of a file are still there in the compiled one.

    Vela keeps the names of tensors: an operator that is left makes one of the name that it made before. Where names
    repeat, an operator of the same kind is meant, the first of several.

    Args:
        graph: of the file.
        result: ``Compiled``.

    Returns:
        ``(indices, lost)``: a set of indices in ``graph``, and the names of operators that are left and that none of
        the file is found for.
    """
    if not any(operator.op == NPU for operator in result.graph.operators):
        # What is missing then is folded into what stays on the CPU.
        return {operator.index for operator in graph.operators}, []
    waiting = collections.defaultdict(list)
    for operator in graph.operators:
        waiting[graph.name_of(operator)].append(operator)
    indices, lost = set(), []
    for operator in result.graph.operators:
        if operator.op == NPU:
            continue
        makers = waiting[result.graph.name_of(operator)]
        if makers:
            maker = next((each for each in makers if each.op == operator.op), makers[0])
            makers.remove(maker)
            indices.add(maker.index)
        else:
            lost.append(operator.op)
    return indices, lost


def cost_by_operator(graph, layers, units):
    """What Vela's operations cost, summed for each operator of the file.

    Vela may make thousands of operations of one operator. The last of them writes what the operator does, under its
    name; those before have names of their own. Where it leaves out an operator, such as a RESHAPE or CONCATENATION,
    what comes before writes that one's result, and the cost is found there.

    Args:
        graph: of the file.
        layers: as ``Compiled`` has them.
        units: number of the NPU's multiply-accumulate units.

    Returns:
        Dicts of ``index`` in ``graph``, ``cycles``, ``macs`` and ``utilization`` (MACs over those that the units could
        do in that many cycles), by index.
    """
    makers = {graph.name_of(each): each.index for each in graph.operators}
    costs, index, operator = collections.defaultdict(collections.Counter), None, None
    for layer in reversed(layers):
        if layer["output"] in makers:
            index, operator = makers[layer["output"]], layer["operator"]
        if layer["operator"] == operator:
            costs[index].update(cycles=layer["cycles"], macs=layer["macs"])
    return [
        {"index": index, **cost, "utilization": utilization(cost["macs"], cost["cycles"], units)}
        for index, cost in sorted(costs.items())
    ]


def utilization(macs, cycles, units):
    """Share of the multiply-accumulates that the units could do in that many cycles."""
    return macs / (cycles * units) if cycles else 0.0
