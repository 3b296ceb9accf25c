"""Latency and memory of model files on this machine.

Every file, runtime and thread count gets a fresh child process. After warming up, the children take turns in short
slices until each has enough runs, so that a machine that slows down or is busy for a while does so for all of them
alike. Only one child runs at a time.
"""

import contextlib
import math
import random

import numpy as np

from ..common.environment import command, environment
from ..common.errors import EdgezooError
from ..common.progress import bar
from ..export.pixels import pixels_of
from ..runtime import Worker
from .documents import FORMAT_VERSION
from .identity import describe_file
from .on_devices import LOCAL, Devices

WARM_UP_RUNS, WARM_UP_SECONDS = 5, 0.5
ROUNDS = 10
#: Untimed runs at the start of a slice: they refill the caches that the other children have used in between.
SLICE_WARM_UP_RUNS = 2
PERCENTILES = (5, 50, 90, 95, 99)
#: Of the whole distribution so many quantiles are kept, each of which stands for an equal share of the runs.
QUANTILES = 40


def benchmark_files(
    paths,
    *,
    threads=(1,),
    min_runs=50,
    min_seconds=1.0,
    image_size=None,
    seed=0,
    pixels=None,
    runtimes=(),
    devices=(LOCAL,),
    delegate=None,
    before=None,
):
    """Times files at batch 1 on this machine's CPU, or on devices.

    ``init_ms`` is the time from the file to a ready interpreter (for Keras: a loaded model), ``first_ms`` that of the
    first inference (in Keras with the tracing of the graph), ``latency_ms`` the distribution of the later ones, all of
    them, nothing clipped. An inference goes from an input tensor to an output tensor; preparing the image is not in it.
    ``peak_rss_bytes`` is the peak of the whole child up to the first inference: Python, runtime and file.

    Args:
        paths: ``.keras`` and ``.tflite`` files.
        threads: numbers of CPU threads to measure each file with.
        min_runs, min_seconds: every file gets at least so many timed runs, and at least so long.
        image_size: (height, width) for files that take images of any size.
        seed: of the random image, and of the order of the files, which is another one in each round.
        pixels: as for :func:`~edgezoo.evaluate.accuracy.evaluate_files`; no time depends on it.
        runtimes: as there. Only Keras and LiteRT have threads: the others get one row a file.
        devices, delegate, before: as there. By the same rules on each, one device after another.

    Returns:
        The document of ``edgezoo benchmark --json``: ``results`` (one a file, runtime, device and thread count),
        ``protocol``, ``environment``, ``command``; ``devices`` and ``failure`` as there.

    Raises:
        EdgezooError: a file cannot be run; the message names it.
    """
    files = [describe_file(path) for path in dict.fromkeys(map(str, paths))]
    threads = tuple(dict.fromkeys(threads))
    if not files or not threads or min(threads) < 1:
        raise EdgezooError("a benchmark needs at least one file, and thread counts from 1 up.")
    places = Devices(devices, delegate, [file["file"] for file in files], runtimes, before)
    setups = [
        (file, runtime.name, count)
        for file in (files if places.has_local else ())
        for runtime in places.here(file["file"])
        for count in (threads if runtime.has_threads else (1,))
    ]
    taken = {file["file"]: pixels_of(file["file"], pixels, guess=True) for file in files}
    shuffle = random.Random(seed)
    runs, seconds = math.ceil(min_runs / ROUNDS), min_seconds / ROUNDS

    results = _timed_here(setups, image_size, taken, seed, shuffle, runs, seconds)
    for address in places.others:
        asked = [(file, count) for file in files for count in threads]
        with places.kept():
            results += places.timed(
                address,
                asked,
                pixels=taken,
                image_size=image_size,
                seed=seed,
                rounds=[shuffle.sample(range(len(asked)), len(asked)) for _ in range(ROUNDS)],
                warm_up={"runs": WARM_UP_RUNS, "seconds": WARM_UP_SECONDS},
                turn={"runs": runs, "seconds": seconds, "warm_up": SLICE_WARM_UP_RUNS},
            )
    document = {
        "format_version": FORMAT_VERSION,
        "results": [_summarized(row) for row in results],
        "protocol": {
            "batch": 1,
            "clock": "perf_counter_ns",
            "warm_up": {"runs": WARM_UP_RUNS, "seconds": WARM_UP_SECONDS},
            "min_runs": min_runs,
            "min_seconds": min_seconds,
            "rounds": ROUNDS,
            "untimed_runs_per_slice": SLICE_WARM_UP_RUNS,
            "seed": seed,
        },
        "environment": environment(),
        "command": command(),
    }
    return places.finish(document)


def _timed_here(setups, image_size, taken, seed, shuffle, runs, seconds):
    """Rows of files, runtimes and thread counts on this machine, with ``times``, int64 nanoseconds."""
    with contextlib.ExitStack() as stack, bar() as progress:
        task = progress.add_task("latency", total=len(setups) * (ROUNDS + 1))
        children = []
        for file, runtime, count in setups:
            options = {"image_size": image_size, "pixels": taken[file["file"]], "runtime": runtime}
            child = stack.enter_context(Worker(file["file"], count, **options))
            child.set_input(np.random.default_rng(seed).integers(0, 256, child.input_shape, np.uint8))
            first_ms = float(child.time(runs=1, seconds=0)[0]) / 1e6
            facts = child.inspect()  # before the lists of times take memory of their own
            child.time(WARM_UP_RUNS, WARM_UP_SECONDS)
            children.append((child, {"init_ms": child.init_ms, "first_ms": first_ms, **facts}, []))
            progress.advance(task)
        for _ in range(ROUNDS):
            for child, _, slices in shuffle.sample(children, len(children)):
                slices.append(child.time(runs, seconds, SLICE_WARM_UP_RUNS))
                progress.advance(task)
        return [
            {
                **file,
                "device": LOCAL,
                "runtime": child.runtime,
                "timing_note": child.timing_note,
                "threads": count,
                "input_shape": list(child.input_shape),
                "pixels": child.pixels.row(),
                **facts,
                "times": np.concatenate(slices),
            }
            for (file, _, count), (child, facts, slices) in zip(setups, children, strict=True)
        ]


def _summarized(row):
    times = row["times"]
    rest = {key: value for key, value in row.items() if key != "times"}
    if "latency_ms" in rest:  # of a device that tells no single times
        return rest
    return {**rest, "latency_ms": summarize(times / 1e6), "runs": len(times)}


def summarize(times):
    """p5, p50, p90, p95, p99 (linearly interpolated), mean, min and max of a non-empty array of times.

    ``quantiles`` are those at 1/80, 3/80, …, 79/80: the medians of 40 equal parts of the times in ascending order.
    """
    percentiles = np.percentile(times, PERCENTILES)
    return {
        **{f"p{p}": float(value) for p, value in zip(PERCENTILES, percentiles, strict=True)},
        "mean": float(np.mean(times)),
        "min": float(np.min(times)),
        "max": float(np.max(times)),
        "quantiles": np.quantile(times, (np.arange(QUANTILES) + 0.5) / QUANTILES).tolist(),
    }
