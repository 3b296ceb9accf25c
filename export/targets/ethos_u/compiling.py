"""``check`` and ``compile`` for a configuration of an Ethos-U."""

import re
from pathlib import Path

from ....common.errors import EdgezooError, UnknownName
from ....common.files import csv_text, output_folder, replacing, write_text
from ....inspection.graph import read_graph
from ..checking import ACCELERATOR, Check, refusal
from . import vela
from .placing import placed_by_rules, placed_by_vela
from .table import saved

#: Family → system and memory mode that Vela takes where none is named.
_DEFAULTS = {
    "55": ("Ethos_U55_High_End_Embedded", "Shared_Sram"),
    "65": ("Ethos_U65_Client_Server", "Dedicated_Sram_384KB"),
    "85": ("Ethos_U85_SYS_DRAM_Mid", "Dedicated_Sram_384KB"),
}


def check(path, *, configuration, system=None, memory_mode=None, clock_hz=None):
    """Where every operator of a file runs: by compiling it, or without Vela by its saved rules.

    Args:
        path: ``.tflite`` file.
        configuration: such as ``"ethos-u55-128"``.
        system: name of a system in Vela's ``vela.ini``: clock, buses, memories; ``None`` is Vela's own choice.
        memory_mode: name of a memory mode there: what lies in SRAM; ``None`` is Vela's own choice.
        clock_hz: the NPU's clock, which the memories' follow; ``None`` is the system's.

    Returns:
        ``Check``; with Vela, ``figures`` are those of ``compile_for``.

    Raises:
        EdgezooError: the file is damaged; a system or memory mode is not known.
    """
    family, system, memory_mode = _setting(configuration, system, memory_mode)
    graph = read_graph(path)
    by = _by()
    if why := _useless(graph):
        return refusal(by, *why)
    notes = _notes(graph)
    if not vela.installed():
        notes.append(
            "Vela is not installed, so cycles and memory are not known; `pip install edgezoo[ethos-u]` brings it"
        )
        return Check(placed_by_rules(graph, family), by, notes=tuple(notes))
    try:
        result = vela.compiled(path, configuration, system, memory_mode)
    except vela.CompilerFailed as error:
        return refusal(by, str(error), notes=tuple(notes))
    return _checked(graph, result, configuration, memory_mode, clock_hz)


def _checked(graph, result, configuration, memory_mode, clock_hz):
    """The ``Check`` that comes of what Vela has made of a file."""
    placements, lost = placed_by_vela(graph, result, _family(configuration))
    notes = _notes(graph)
    if lost:
        notes.append(
            f"Vela leaves operators to the CPU that are none of the file's own: {', '.join(sorted(set(lost)))}"
        )
    on_npu = sum(each.where == ACCELERATOR for each in placements)
    if 0 < on_npu < len(placements):
        notes.append("cycles and time are the NPU's alone; what stays on the CPU comes on top")
    return Check(
        placements,
        _by(),
        memory=_memory(result.summary, memory_mode),
        figures=_figures(graph, result, configuration, clock_hz) if on_npu else {},
        notes=tuple(notes),
    )


def compile_for(path, out_dir, *, configuration, system=None, memory_mode=None, clock_hz=None):
    """Compiles a file to ``NAME_vela.tflite``.

    Args:
        path, configuration, system, memory_mode, clock_hz: as for ``check``.
        out_dir: folder, made if it is not there.

    Returns:
        ``{"files": [path, table], "figures": {...}, "check": Check}``: the compiled file, and ``NAME_vela.csv`` with a
        row for each of ``layers``. The figures are Vela's estimates for the NPU alone: ``system``, ``memory_mode``,
        ``cycles`` of the whole network, ``clock_hz``, ``inference_ms`` (cycles over clock), ``sram_bytes``,
        ``dram_bytes``, ``flash_bytes``, ``macs`` with those of what Vela makes of pooling and softmax,
        ``npu_utilization`` (MACs over those that the units could do in that many cycles), ``operators`` and ``on_cpu``
        of the file, ``by_operator`` of ``vela.cost_by_operator``, and ``layers`` as ``vela.Compiled`` has them.

    Raises:
        EdgezooError: Vela is not installed, or makes nothing of the file, or leaves all of it to the CPU; the file is
            damaged; a system or memory mode is not known.
    """
    _, system, memory_mode = _setting(configuration, system, memory_mode)
    graph = read_graph(path)
    if not vela.installed():
        raise EdgezooError(f"compiling for {configuration} needs Vela; `pip install edgezoo[ethos-u]` brings it.")
    if why := _useless(graph):
        raise EdgezooError(f"{path} is not compiled for {configuration}: {why[0]}; {why[1]}.")
    output_folder(out_dir, "the compiled file")
    try:
        result = vela.compiled(path, configuration, system, memory_mode)
    except vela.CompilerFailed as error:
        raise EdgezooError(f"{path} is not compiled for {configuration}: {error}.") from error
    found = _checked(graph, result, configuration, memory_mode, clock_hz)
    total, on_npu = len(found.operators), found.counts[ACCELERATOR]
    if not on_npu:
        raise EdgezooError(
            f"{path} is not compiled for {configuration}: Vela leaves all {total} operators to the CPU, "
            f"the first because {found.operators[0].reason}."
        )
    target = Path(out_dir, f"{Path(path).stem}_vela.tflite")
    with replacing(target) as temporary:
        temporary.write_bytes(result.content)
    files = [target]
    if result.layers:
        files.append(target.with_suffix(".csv"))
        write_text(files[-1], csv_text(result.layers))
    figures = {**found.figures, "operators": total, "on_cpu": total - on_npu}
    return {"files": files, "figures": figures, "check": found}


def _by():
    version = vela.installed()
    return f"{vela.PACKAGE} {version}" if version else f"static rules of Vela {saved()['version']}"


def _family(configuration):
    return re.match(r"ethos-u(\d\d)-", configuration)[1]


def _setting(configuration, system, memory_mode):
    """``(family, system, memory mode)`` with defaults, if Vela has these for the configuration."""
    family = _family(configuration)
    systems = [name for name in saved()["systems"] if name.startswith(f"Ethos_U{family}_")]
    for kind, name, known in (("system", system, systems), ("memory mode", memory_mode, saved()["memory_modes"])):
        if name is not None and name not in known:
            raise UnknownName(f"{kind} of {configuration}", name, known, f"there are {', '.join(known)}")
    default_system, default_mode = _DEFAULTS[family]
    return family, system or default_system, memory_mode or default_mode


def _useless(graph):
    """``(why, remedy)`` of a file that there is nothing to compile of, or ``None``."""
    if any(each.op == vela.NPU for each in graph.operators):
        return "Vela has compiled it already", "give the file that it was compiled of"
    if not graph.operators:
        return "it has no operators", "export a network"
    made = {graph.tensors[index].dtype for each in graph.operators for index in each.outputs}
    if not any(re.match(r"u?int\d", dtype) for dtype in made):
        types = ", ".join(sorted(made))
        return f"all of it is {types}, and an Ethos-U works on integers alone", "export it with --quantize int8"
    return None


def _notes(graph):
    """What is to be known of any file."""
    signatures = [graph.tensors[index].shape_signature for index in graph.inputs]
    notes = ["the batch is open and is taken as 1"] if any(-1 in each[:1] for each in signatures) else []
    if graph.subgraphs > 1:
        notes.append(
            f"{graph.subgraphs - 1} further graphs, which a signature leads to or an operator of the first calls, are "
            "compiled with it, and are not among the operators here"
        )
    return notes


def _memory(summary, memory_mode):
    cache = saved()["memory_modes"][memory_mode]["cache_bytes"]
    rows = {name: {"bytes": size, "of": None} for name, size in _bytes(summary).items() if size}
    if "sram" in rows:
        rows["sram"]["of"] = cache
    return rows


def _bytes(summary):
    """Memory used, in bytes; Vela's unit is KiB."""
    kib = {name: summary[f"{name}_memory_used"] for name in ("sram", "dram", "on_chip_flash", "off_chip_flash")}
    flash = kib["on_chip_flash"] + kib["off_chip_flash"]
    return {name: round(1024 * size) for name, size in (("sram", kib["sram"]), ("dram", kib["dram"]), ("flash", flash))}


def _figures(graph, result, configuration, clock_hz):
    summary = result.summary
    cycles, clock_hz = int(summary["cycles_total"]), clock_hz or summary["core_clock"]
    units = int(configuration.rsplit("-", 1)[1])
    return {
        "system": summary["system_config"],
        "memory_mode": summary["memory_mode"],
        "cycles": cycles,
        "clock_hz": clock_hz,
        "inference_ms": 1000 * cycles / clock_hz,
        **{f"{name}_bytes": size for name, size in _bytes(summary).items()},
        "macs": int(summary["nn_macs"]),
        "npu_utilization": vela.utilization(summary["nn_macs"], cycles, units),
        "by_operator": vela.cost_by_operator(graph, result.layers, units),
        "layers": result.layers,
    }
