"""What the commands make of damaged ``.tflite`` files: an answer or one line, and nothing worse.

    python benchmarks/mutated_files.py [FILE.tflite]... [--count 1000] [--seed 0] [--only N]...

Of the files in turn, a small network's own if none is given, damaged copies go through ``check``, ``describe``,
``evaluate`` and ``benchmark``, each copy in a process of its own. Every command must end in time with one document on
stdout and exit 0, or with exit 1 and one line ``Error: …``; no process may be left behind, and none may take more
memory than a sound file does by far. A copy is made again by its number. The summary is ``results/mutated_files.json``.
"""

import collections
import contextlib
import json
import multiprocessing
import os
import resource
import signal
import tempfile
import time
from multiprocessing.connection import wait
from pathlib import Path

import click
import numpy as np
import psutil
from click.testing import CliRunner
from mutations import Mutations
from script import run

from edgezoo.cli import main as edgezoo
from edgezoo.common import child
from edgezoo.common.environment import command, environment
from edgezoo.common.files import write_json
from edgezoo.common.progress import note, track

RESULTS = Path(__file__).resolve().parent / "results" / "mutated_files.json"
#: The network of the files that are damaged where none are given, and what is made of it.
MODEL, SHAPE, CLASSES = "strided_xs", (12, 12, 1), 4
#: Targets whose answer takes no compiler.
TARGETS = ("phone", "coral", "browser", "tflm", "ethos-u55-128")
#: Vela takes seconds: of so many copies one goes through it, the others through its saved rules.
VELA_EVERY = 10
MOST_BYTES = 2 << 30
#: Seconds that a file may take for one step; users wait for minutes.
PATIENCE = 20


def bases(folder):
    """Sound files of one small network: int8, float32, and float32 of any size."""
    from edgezoo.export import Calibration, export_model
    from edgezoo.zoo import build

    noise = Calibration(np.random.default_rng(0).integers(0, 256, (8, *SHAPE), np.uint8), {"noise": {"seed": 0}})
    fixed, free = folder / f"{MODEL}.keras", folder / "global_xs.keras"
    build(MODEL, input_shape=SHAPE, classes=CLASSES).save(fixed)
    build("global_xs", input_shape=(None, None, 1), classes=CLASSES).save(free)
    files = export_model(fixed, folder / "fixed", ("int8", "float32"), calibration=noise)
    return [*files, *export_model(free, folder / "free", ("float32",))]


def images(folder):
    """A data set of a few images of noise."""
    rng = np.random.default_rng(0)
    path = folder / "noise.npz"
    splits = {f"x_{split}": rng.integers(0, 256, (8, *SHAPE), np.uint8) for split in ("train", "test")}
    np.savez(path, **splits, y_train=np.arange(8) % CLASSES, y_test=np.arange(8) % CLASSES)
    return path


def commands(path, data):
    """The command lines that a file goes through."""
    targets = [word for target in TARGETS for word in ("--target", target)]
    size = ("--input-size", SHAPE[0])
    return {
        "describe": ["describe", path, "--input-shape", ",".join(map(str, SHAPE)), "--json"],
        "check": ["check", path, *targets, "--json"],
        "evaluate": ["evaluate", path, "--data", data, "--json"],
        "benchmark": ["benchmark", path, *map(str, size), "--json"],
    }


def judged(arguments):
    """Runs a command in this process: ``{"outcome", "words", "seconds"}``; the outcome is None of one that fails."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as native, _descriptor_2(native):
        result = CliRunner().invoke(edgezoo, list(map(str, arguments)))
        native.seek(0)
        stderr = result.stderr + native.read().decode("utf-8", "replace")
    return {**_verdict(result, stderr), "seconds": round(time.monotonic() - began, 2)}


def _verdict(result, stderr):
    errors = [line for line in stderr.splitlines() if line.startswith("Error: ")]
    if result.exception and not isinstance(result.exception, SystemExit):
        return {"outcome": None, "words": f"raised {result.exception!r}"}
    if "Traceback" in stderr:
        return {"outcome": None, "words": f"a traceback on stderr: {stderr[-500:]}"}
    if result.exit_code not in (0, 1) or len(errors) != result.exit_code:
        return {"outcome": None, "words": f"exit {result.exit_code} with {len(errors)} error lines: {stderr[-500:]}"}
    if result.stdout or not result.exit_code:
        try:
            json.loads(result.stdout, parse_constant=_no_number)
        except ValueError as error:
            return {"outcome": None, "words": f"stdout is no JSON document: {error}"}
    return {"outcome": "refused" if errors else "answered", "words": errors[0] if errors else ""}


def _no_number(name):
    raise ValueError(f"{name} is no number")


@contextlib.contextmanager
def _descriptor_2(file):
    """What libraries print to stderr goes to ``file``."""
    before = os.dup(2)
    os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)


def attempt(number, content, data, with_vela, answers):
    """All commands on one damaged copy; sends ``{command: verdict}``."""
    os.setsid()  # what is to be ended is all of the session
    child.PATIENCE = PATIENCE
    if not with_vela:
        from edgezoo.export.targets.ethos_u import vela

        vela.installed = lambda: None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{number}.tflite")
        path.write_bytes(content)
        verdicts = {}
        for name, arguments in commands(path, data).items():
            verdicts[name] = verdict = judged(arguments)
            if left := [each.name() for each in psutil.Process().children(recursive=True) if _is_ours(each)]:
                verdict.update(outcome=None, words=f"left behind: {left}")
            both = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
            verdict["peak_rss_bytes"] = peak = 1024 * max(resource.getrusage(who).ru_maxrss for who in both)
            if peak > MOST_BYTES:
                verdict.update(outcome=None, words=f"took {peak:,} bytes of memory: {verdict['words']}")
    answers.send(verdicts)


def _is_ours(process):
    with contextlib.suppress(psutil.Error):
        return process.status() != psutil.STATUS_ZOMBIE and "resource_tracker" not in " ".join(process.cmdline())
    return False


def results(numbers, copies, data, processes, seconds):
    """Yields ``(number, verdicts)``; where the process has died or had to be ended, the verdict is of ``"process"``."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["mutated_files", "edgezoo.evaluate", "edgezoo.runtime.tflite_runner"])
    waiting, running = list(reversed(numbers)), {}
    while waiting or running:
        while waiting and len(running) < processes:
            number = waiting.pop()
            ours, theirs = context.Pipe(duplex=False)
            vela = number % VELA_EVERY == 0
            process = context.Process(target=attempt, args=(number, copies(number)[1], data, vela, theirs))
            process.start()
            theirs.close()
            running[number] = process, ours, time.monotonic() + seconds
        wait([process.sentinel for process, *_ in running.values()], timeout=min(1, seconds))
        for number, (process, answers, deadline) in list(running.items()):
            ended = process.exitcode is not None
            if not ended and not answers.poll() and time.monotonic() < deadline:
                continue
            try:
                verdicts = answers.recv() if answers.poll() else None
            except EOFError:
                verdicts = None
            if verdicts is None:
                words = f"died with {process.exitcode}" if ended else f"did not end within {seconds} s"
                verdicts = {"process": {"outcome": None, "words": words}}
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()  # one that has not come so far as to lead a group
            process.join()
            del running[number]
            yield number, verdicts


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--count", default=1000, show_default=True, help="How many damaged copies.")
@click.option("--seed", default=0, show_default=True)
@click.option("--only", multiple=True, type=int, help="Number of a copy that is made again; prints what it gives.")
@click.option("--seconds", default=90, show_default=True, help="What all commands on one copy may take.")
@click.option("--processes", default=2, show_default=True)
@click.option("--output", default=RESULTS, show_default=True, type=click.Path(path_type=Path))
def main(files, count, seed, only, seconds, processes, output):
    """Damage FILEs and give them to the commands."""
    with tempfile.TemporaryDirectory() as folder:
        files = files or bases(Path(folder))
        data = images(Path(folder))
        mutations = [Mutations(file.read_bytes(), seed) for file in files]

        def copies(number):
            return mutations[number % len(mutations)](number // len(mutations))

        numbers = list(only) or list(range(count))
        outcomes, failures, slowest, peak = collections.defaultdict(collections.Counter), [], 0, 0
        for number, verdicts in track(results(numbers, copies, data, processes, seconds), "copies", len(numbers)):
            kind = copies(number)[0]
            for name, verdict in verdicts.items():
                outcomes[name][verdict["outcome"] or "failed"] += 1
                slowest, peak = max(slowest, verdict.get("seconds", 0)), max(peak, verdict.get("peak_rss_bytes", 0))
                if verdict["outcome"] is None:
                    failures.append({"number": number, "kind": kind, "command": name, "words": verdict["words"]})
                if only or verdict["outcome"] is None:
                    note(f"{number} ({kind}) {name}: {verdict}")
    document = {
        "bases": [file.name for file in files],
        "copies": len(numbers),
        "seed": seed,
        "outcomes": outcomes,
        "failures": failures,
        "slowest_command_s": slowest,
        "peak_rss_bytes": peak,
        "environment": environment(),
        "command": command(),
    }
    if not only:
        write_json(output, document)
    print(json.dumps(outcomes))
    if failures:
        raise click.ClickException(f"{len(failures)} commands of {len(numbers)} copies failed.")


if __name__ == "__main__":
    run(main)
