"""Measurements of files on a device, which go on after a broken connection."""

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ...common.errors import EdgezooError
from ...common.files import sha256
from ..partition import delegated_share
from .again import again
from .connection import Connection, DeviceFailure, last
from .prepared import Prepared
from .registry import DEVICES
from .said import times_in


@dataclasses.dataclass(frozen=True)
class Setup:
    """One measurement.

    Attributes:
        file: ``Prepared``.
        images: what it runs on, raw pixels uint8 [n, H, W, C] as ``bytes``, or the ``Path`` of a file of them.
        threads: CPU threads of one inference.
        delegate: library of a delegate on the device, such as ``libedgetpu.so.1``; ``None`` for the runtime's own.
    """

    file: Prepared
    images: bytes | Path
    threads: int = 1
    delegate: str | None = None

    @property
    def contents(self):
        """What of it goes to the device."""
        return {"model": self.file.content, "images": self.images, "table": self.file.table.tobytes()}


class _Work:
    """Setups as a device gets them: by the checksums of their files."""

    def __init__(self, address, setups, **rest):
        self._address, self._contents, self._paths, self.setups = address, {}, {}, []
        for setup in setups:
            names = {key: _checksum(content) for key, content in setup.contents.items()}
            self._contents |= {names[key]: content for key, content in setup.contents.items()}
            self._paths[names["model"]] = setup.file.path
            file = {"shape": setup.file.input_shape, "dtype": setup.file.table.dtype.name}
            self.setups.append({**names, **file, "threads": setup.threads, "delegate": setup.delegate})
        self._job = _checksum(json.dumps([self.setups, rest], sort_keys=True).encode())

    def done_by(self, function):
        """Calls ``function`` with a ``Connection`` over which all files are there, again where it is cut off."""

        def attempt():
            try:
                with contextlib.closing(Connection(self._address, self._job)) as connection:
                    for name, content in self._contents.items():
                        connection.push(name, content)
                    result = function(connection)
                    last(connection.run("close"))
                    return result
            except DeviceFailure as failure:
                if failure.file not in self._paths:
                    raise
                raise EdgezooError(f"{self._paths[failure.file]} on {self._address}: {failure.said}") from failure

        return again(attempt)


def _checksum(content):
    return sha256(content) if isinstance(content, Path) else hashlib.sha256(content).hexdigest()


def latency_on(address, setups, *, rounds, warm_up, turn, advance=lambda runs: None):
    """Times files on a device, in turns.

    Args:
        address: ``Address``.
        setups: list of ``Setup``.
        rounds: in each, the numbers of the setups in their order.
        warm_up, turn: ``runs``, ``seconds`` and ``warm_up`` (untimed runs) after loading and of each turn: so many
            runs *and* so many seconds.
        advance: called with 1 whenever a file is loaded, or a turn done.

    Returns:
        ``(rows, description)``: a row a setup with ``init_ms``, ``first_ms``, ``runtime``, ``peak_rss_bytes``,
        ``delegated`` and ``times``, int64 nanoseconds; and what the device is.

    Raises:
        EdgezooError: the device cannot be reached or used, or a file does not run there.
    """
    request = {"rounds": rounds, "warm_up": warm_up, "turn": turn}
    if own := DEVICES[address.scheme].latency:
        return own(address, setups, **request, advance=advance)
    work, facts, times = _Work(address, setups, **request), {}, {}

    def ask(connection):
        for reply in connection.run("latency", setups=work.setups, **request):
            row = reply.get("row")
            if row is None:
                break
            connection.checked(reply, row=dict)
            number = connection.number(row, "setup", whole=True)
            if "times" in row:
                place, known = (number, connection.number(row, "round", whole=True)), times
                value = _times(connection, row, turn["runs"])
            else:
                place, value, known = number, _facts(connection, row), facts
            if place not in known:
                known[place] = value
                advance(1)
        expected = {(setup, number) for number, order in enumerate(rounds) for setup in order}
        if expected != set(times) or set(facts) != set(range(len(setups))):
            raise connection.nonsense("other measurements than were asked for")
        return connection.described(reply)

    description = work.done_by(ask)
    slices = [[times[place] for place in sorted(times) if place[0] == number] for number in range(len(setups))]
    return [{**facts[number], "times": np.concatenate(own)} for number, own in enumerate(slices)], description


def _times(connection, row, runs):
    times = times_in(row["times"], runs)
    if times is None:
        raise connection.nonsense("times that are none")
    return times


def _facts(connection, row):
    nodes = connection.checked(row, nodes=list)["nodes"]
    if not all(map(_is_node, nodes)):
        raise connection.nonsense("operators that are none")
    named = [dict(zip(("index", "op_name", "inputs", "outputs"), node, strict=True)) for node in nodes]
    return {
        "init_ms": connection.number(row, "init_ms"),
        "first_ms": connection.number(row, "first_ms"),
        "runtime": connection.text(row, "runtime"),
        "peak_rss_bytes": connection.number(row, "peak_rss_bytes", whole=True, default=None),
        "delegated": delegated_share(named) if named else None,
    }


def _is_node(node):
    match node:
        case [int(), str(), [*inputs], [*outputs]]:
            return all(type(tensor) is int for tensor in (*inputs, *outputs))
    return False


def answers_on(address, setups, count, finished: Callable, advance=lambda images: None):
    """Runs files on images on a device.

    Args:
        address: ``Address``.
        setups: list of ``Setup``.
        count: number of their images.
        finished: called for each setup, in order, with its scores, float32 [n, classes], and what ran it.
        advance: called with the number of images whenever some are done.

    Returns:
        What the device is.

    Raises:
        EdgezooError: the device cannot be reached or used, or a file does not run there.
    """
    if own := DEVICES[address.scheme].answers:
        return own(address, setups, count, finished, advance)
    work, fetched = _Work(address, setups, count=count), 0

    def ask(connection):
        nonlocal fetched
        description = None
        while fetched < len(setups):
            for reply in connection.run("answers", setup=work.setups[fetched], count=count):
                if "advance" in reply:
                    advance(connection.number(reply, "advance", whole=True))
            scores, runtime = _scores(connection, reply, setups[fetched].file, count), connection.text(reply, "runtime")
            description = connection.described(reply)
            fetched += 1
            finished(scores, runtime)
        return description

    return work.done_by(ask)


def _scores(connection, reply, file, count):
    name, outputs = connection.text(reply, "dtype"), connection.number(reply, "outputs", least=1, whole=True)
    dtype = file.output_type(name)
    if outputs > 1 << 20:
        raise connection.nonsense(f"{outputs} outputs")
    content = connection.fetch(count * outputs * dtype.itemsize)
    return file.scores(np.frombuffer(content, dtype).reshape(count, outputs))
