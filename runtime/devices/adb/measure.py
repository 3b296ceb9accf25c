"""Latency and answers of files on a phone: what ``job.latency_on`` and ``job.answers_on`` are elsewhere."""

import hashlib
import json
from pathlib import Path

import numpy as np

from ....common.errors import EdgezooError
from ....common.files import sha256
from ....common.text import one_line, printable
from ..again import again
from ..said import said_last
from . import phone, program
from .client import Client, Failed

#: A chunk of images goes to the phone and its answers come back at a time: so many images, and bytes, at most.
_IMAGES, _BYTES = 64, 1 << 24
_BLANK = {"times": np.zeros(0, np.int64), "peak_rss_bytes": None}
_NOTE = "timed by benchmark_model, each file in one go; of percentiles it tells p5, p50 and p95 at most"


class _Measurement:
    """Setups on a phone.

    Attributes:
        runtime: what runs them, in words.
    """

    def __init__(self, address, setups, request):
        self._address, self._setups, self._tool, self._abi = address, setups, _tool(address), None
        if any(setup.delegate for setup in setups):
            raise EdgezooError(f"{address} takes no --delegate; benchmark_model runs what it was built with.")
        self._models = [hashlib.sha256(setup.file.content).hexdigest() for setup in setups]
        self._sum = sha256(self._tool)
        self.runtime = f"benchmark_model {self._sum[:12]}"
        parts = [self._sum, *map(_checksums, setups, self._models), json.dumps(request, sort_keys=True)]
        self._job = hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def done_by(self, measure):
        """The phone's description, after ``measure`` has been called with a ``Client``, again where it is cut off."""

        def attempt():
            try:
                client = Client(self._address, self._job)
                try:
                    return self._described(client, measure)
                except (EdgezooError, Failed):
                    client.remove()
                    raise
            except Failed as error:
                raise EdgezooError(f"{self._address}: {self._why(str(error))}.") from error

        return again(attempt)

    def _described(self, client, measure):
        before = phone.Phone(client.keep("before", phone.SCRIPT))
        self._abi = before.facts["machine"]
        program.check_program(self._tool, before.abis, self._address)
        client.push(self._sum, self._tool)
        for setup, model in zip(self._setups, self._models, strict=True):
            client.push(model, setup.file.content)
        client.run(f"chmod 755 {self._sum}")
        measure(client)
        after = phone.Phone(client.run(phone.SCRIPT))
        client.remove()
        return {**phone.described(self._address, before, after), "benchmark_model_sha256": self._sum}

    def command(self, number, values, **protocol):
        """Command line that runs a setup on the values of a file there."""
        setup = self._setups[number]
        rest = program.arguments(
            graph=self._models[number], shape=setup.file.input_shape, values=values, threads=setup.threads, **protocol
        )
        return f"./{self._sum} {rest}"

    def kept(self, client, number, name, script, limit=1 << 20):
        """What a script about a setup prints, as ``Client.keep``; an ``EdgezooError`` names the file if it fails."""
        try:
            return client.keep(name, script, limit)
        except Failed as error:
            raise self.failed(number, str(error)) from error

    def failed(self, number, text):
        """The error for a setup that was not run, from what was printed."""
        return EdgezooError(f"{self._setups[number].file.path} on {self._address}: {self._why(text)}.")

    def _why(self, text):
        why = program.complaint(text, self._abi) or said_last(text) or "it ended without a word"
        return printable(one_line(why, 300)).rstrip(".")


def latency(address, setups, *, rounds, warm_up, turn, advance=lambda steps: None):
    """As ``job.latency_on``, but for what ``benchmark_model`` cannot do.

    A start of it is a file's whole measurement: the files take no turns, which would each need a warm-up of their own,
    and whose percentiles could not be put together. A row has ``latency_ms`` and ``runs``, and no ``times``. The peak
    of memory is blank: what the program tells is the growth since its start.
    """
    request = {"rounds": rounds, "warm_up": warm_up, "turn": turn}
    measurement, rows = _Measurement(address, setups, request), {}
    protocol = {
        "runs": turn["runs"] * len(rounds),
        "seconds": turn["seconds"] * len(rounds),
        "warm_up_runs": warm_up["runs"],
        "warm_up_seconds": warm_up["seconds"],
    }

    def measure(client):
        for number in rounds[0]:
            if number in rows:
                continue
            file = setups[number].file
            client.push(f"values-{number}", _inputs(file, _pixels(setups[number])[:1]))
            script = measurement.command(number, f"values-{number}", **protocol)
            text = measurement.kept(client, number, f"latency-{number}", script).decode("utf-8", "replace")
            try:
                row = program.measured(text, len(file.graph.operators))
            except ValueError as error:
                raise measurement.failed(number, text) from error
            if row["runs"] < protocol["runs"]:
                raise EdgezooError(f"{file.path} on {address}: it is too slow there for {protocol['runs']} runs.")
            rows[number] = {**row, **_BLANK, "runtime": measurement.runtime, "timing_note": _NOTE}
            advance(1 + len(rounds))

    description = measurement.done_by(measure)
    return [rows[number] for number in range(len(setups))], description


def answers(address, setups, count, finished, advance=lambda images: None):
    """As ``job.answers_on``: ``benchmark_model`` is started once an image."""
    measurement, chunks, ended = _Measurement(address, setups, {"count": count}), {}, 0

    def measure(client):
        nonlocal ended
        while ended < len(setups):
            file = setups[ended].file
            images = _pixels(setups[ended])
            tensor = file.graph.tensors[file.graph.outputs[0]]
            dtype = np.dtype(tensor.dtype)
            size = int(np.prod(tensor.shape)) * dtype.itemsize
            input_size = int(np.prod(file.input_shape)) * file.table.itemsize
            step = max(1, min(_IMAGES, _BYTES // max(input_size, size)))
            for start in range(0, count, step):
                if (ended, start) in chunks:
                    continue
                chunk, name = images[start : start + step], f"answers-{ended}-{start}"
                if name not in client.kept:
                    client.push("images", _inputs(file, chunk))
                script = _SCRIPT.format(
                    count=len(chunk),
                    size=input_size,
                    command=measurement.command(ended, "input", runs=1, seconds=0, warm_up_runs=0, warm_up_seconds=-1),
                )
                content = measurement.kept(client, ended, name, script, len(chunk) * size)
                if len(content) != len(chunk) * size:
                    raise EdgezooError(f"{file.path} on {address}: its outputs are not as many as the file says.")
                chunks[ended, start] = content
                advance(len(chunk))
            outputs = b"".join(chunks[ended, start] for start in range(0, count, step))
            finished(file.scores(np.frombuffer(outputs, dtype).reshape(count, -1)), measurement.runtime)
            ended += 1

    return measurement.done_by(measure)


_SCRIPT = (
    "i=0; while [ $i -lt {count} ]; do rm -f output; dd if=images of=input bs={size} skip=$i count=1 2>log &&"
    " {command} --output_filepath=output >log 2>&1 || {{ cat log; exit 1; }};"
    " [ -f output ] || {{ echo edgezoo-no-output; exit 1; }}; cat output || exit 1; i=$((i+1)); done"
)


def _pixels(setup):
    """The images of a setup, uint8 [n, H, W, C]."""
    is_file = isinstance(setup.images, Path)
    pixels = np.memmap(setup.images, np.uint8, "r") if is_file else np.frombuffer(setup.images, np.uint8)
    return pixels.reshape(-1, *setup.file.input_shape)


def _inputs(file, images):
    """What a file takes for images, as bytes."""
    return file.table[images, np.arange(file.input_shape[2])].tobytes()


def _checksums(setup, model):
    images = sha256(setup.images) if isinstance(setup.images, Path) else hashlib.sha256(setup.images).hexdigest()
    table = hashlib.sha256(setup.file.table.tobytes()).hexdigest()
    return f"{model} {images} {table} {setup.file.input_shape} {setup.threads}"


def _tool(address):
    """``Path`` of the program that the address names."""
    path = address.settings.get("benchmark_model")
    if not path:
        raise EdgezooError(
            f"{address} needs LiteRT's benchmark_model for the phone, as '{address}?benchmark_model=PATH'; "
            "docs/devices.md says where to get it."
        )
    path = Path(path).expanduser()
    try:
        with open(path, "rb") as file:
            if file.read(1):
                return path
    except OSError as error:
        raise EdgezooError(f"benchmark_model cannot be read from {path} ({error.strerror}).") from error
    raise EdgezooError(f"benchmark_model cannot be read from {path}: the file is empty.")
