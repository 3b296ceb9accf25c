"""LiteRT's ``benchmark_model``: how it is called, and what it prints.

Its source is ``tflite/tools/benchmark/`` in the repository of LiteRT, ``tensorflow/lite/tools/benchmark/`` in that of
TensorFlow. It is the program that people have for phones, since it is offered ready-made for each ABI. With
``--input_layer_value_files`` it runs a file on given values, and with ``--output_filepath`` it writes down what the
last inference gave: so it tells answers, too, one image a start. ``label_image`` prints no more than the best classes,
and scales the image itself.

It keeps no single times. It prints count, first, last, least, greatest and mean, and in newer versions the 5th, 50th
and 95th percentile, each ``sorted(times)[n * p // 100]``.
"""

import math
import re
import struct

from ....common.errors import EdgezooError

#: ``e_machine`` of an ELF file → Android's name of the ABI.
_ABIS = {3: "x86", 40: "armeabi-v7a", 62: "x86_64", 183: "arm64-v8a", 243: "riscv64"}
#: Seconds after which it ends by itself, below the patience of the client.
_AT_MOST = 500

_STATISTICS = re.compile(r"\bcount=(\d{1,12})\b(.*)")
_VALUE = re.compile(r"\b(first|curr|min|max|avg|p5|median|p95)=(\d[\d.]*(?:e[+-]?\d+)?)")
_INIT_US = re.compile(r"timings in us: .*?\bInit: (\d[\d.]*(?:e[+-]?\d+)?)")
_INIT_MS = re.compile(r"Initialized session in (\d[\d.]*(?:e[+-]?\d+)?)\s?ms")
# Older versions do not say out of how many.
_DELEGATED = re.compile(r"Replacing (\d{1,9})(?: out of (\d{1,9}))? node\(s\) with delegate")
_PERCENTILES = {"p5": "p5", "p50": "median", "p90": None, "p95": "p95", "p99": None}
_MOMENTS = {"mean": "avg", "min": "min", "max": "max"}


def arguments(*, graph, shape, values, threads, runs, seconds, warm_up_runs, warm_up_seconds):
    """Its command line but for its own name: fixed words and numbers; ``graph`` and ``values`` are names there.

    The input is called ``input``: another name than the file's is a warning in every version.
    """
    sides = ",".join(f"{side:d}" for side in (1, *shape))
    return (
        f"--graph={graph} --input_layer=input --input_layer_shape={sides} --input_layer_value_files=input:{values}"
        f" --num_threads={threads:d} --warmup_runs={warm_up_runs:d} --warmup_min_secs={warm_up_seconds:g}"
        f" --num_runs={runs:d} --min_secs={seconds:g} --max_secs={_AT_MOST}"
    )


def measured(text, operators):
    """What it says of a file, from what it prints in any version.

    Args:
        text: of stdout and stderr.
        operators: number of those that the file has.

    Returns:
        A dict of ``init_ms``, ``first_ms``, ``delegated`` (``None`` where it does not say), ``runs`` and ``latency_ms``
        as :func:`~edgezoo.evaluate.latency.summarize` has it, with ``None`` for what it does not tell.

    Raises:
        ValueError: it says something else.
    """
    found = _STATISTICS.findall(text)
    if len(found) < 2:
        raise ValueError("no statistics of warming up and of inferences")
    (_, first), (count, rest) = found[-2:]
    warm_up, times = (dict(_VALUE.findall(values)) for values in (first, rest))
    init, session = _INIT_US.findall(text), _INIT_MS.search(text)
    if "first" in times:
        latency = {name: _number(times.get(key)) / 1e3 for name, key in _MOMENTS.items()}
        told = {name: times.get(key) for name, key in _PERCENTILES.items()}
        latency |= {name: None if value is None else _number(value) / 1e3 for name, value in told.items()}
    else:  # count=50 curr=7(all same)
        latency = dict.fromkeys((*_PERCENTILES, *_MOMENTS), _number(times.get("curr")) / 1e3)
    ascending = [latency[name] for name in ("min", "p5", "p50", "p95", "max") if latency[name] is not None]
    # The mean is printed with six digits.
    if ascending != sorted(ascending) or not latency["min"] * 0.9999 <= latency["mean"] <= latency["max"] * 1.0001:
        raise ValueError(f"times that are none: {rest}")
    return {
        "init_ms": _number(init[-1]) / 1e3 if init else _number(session and session.group(1)),
        "first_ms": _number(warm_up.get("first", warm_up.get("curr"))) / 1e3,
        "delegated": _delegated(text, operators),
        "runs": int(count),
        "latency_ms": {**latency, "quantiles": None},
    }


def _number(text):
    try:
        value = float(text)
    except (TypeError, ValueError):
        value = math.nan
    if not 0 <= value < 1e12:
        raise ValueError(f"{text} is no time")
    return value


def _delegated(text, operators):
    found = _DELEGATED.search(text)
    if not found:
        return None
    total = int(found.group(2) or operators)
    return {"operators": min(int(found.group(1)), total), "of": total}


#: What is printed where a file cannot be run → what it means.
_REASONS = {
    "No space left on device": "there is no space left on the phone; make room in /data/local/tmp",
    "not executable": "that benchmark_model is for another processor; give the one for {abi}",
    "xec format error": "that benchmark_model is for another processor; give the one for {abi}",
    "unexpected e_machine": "that benchmark_model is for another processor; give the one for {abi}",
    "CANNOT LINK EXECUTABLE": "that benchmark_model needs what this phone has not; give one that was built for it",
    "edgezoo-no-output": ("that benchmark_model has no --output_filepath; give a newer one, or time files only"),
}
_COMPLAINT = re.compile(r"error|fail|cannot|could not|didn't|unresolved|unsupported|abort|segmentation", re.I)


def complaint(text, abi):
    """Why it has not run a file, from what was printed; ``None`` where it says nothing of it."""
    for said, reason in _REASONS.items():
        if said in text:
            return reason.format(abi=abi or "the phone's ABI")
    # It ends with "Benchmarking failed.", and what is wrong stands before.
    lines = [line.strip() for line in text.splitlines() if "Benchmarking failed" not in line]
    return next((line for line in lines if _COMPLAINT.search(line)), None)


def check_program(path, abis, address):
    """Raises an ``EdgezooError`` where an executable is for other processors than those of a phone."""
    with open(path, "rb") as file:
        head = file.read(20)
    if head[:4] == b"\x7fELF" and len(head) == 20 and abis:
        (machine,) = struct.unpack(">H" if head[5] == 2 else "<H", head[18:20])
        if _ABIS.get(machine) not in abis:
            raise EdgezooError(
                f"{path} is for {_ABIS.get(machine, 'another processor')}, and {address} runs {', '.join(abis)}; give "
                f"the benchmark_model for {abis[0]}."
            )
