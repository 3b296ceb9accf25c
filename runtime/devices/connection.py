"""One connection to a device: describe, push, run, fetch.

What a device says is read as a stranger's: lines have a limit, values are checked, and nothing of it is ever the name
of a file here, or reaches a terminal unescaped.
"""

import contextlib
import io
import json
import os
import subprocess
import tempfile
import threading
from pathlib import Path

from ...common.errors import EdgezooError
from ...common.text import one_line, printable
from .again import ConnectionCut, Unreachable
from .launch import opening, why_no_python
from .registry import DEVICES
from .said import number_in, said_last

#: Longest line that a device may send: the times of one turn of a very fast file are some hundred thousand numbers.
_LINE = 1 << 25
#: Lines that a login may print before the runner starts.
_GREETING = 200
#: Seconds without any word after which a device is given up.
_PATIENCE = 300


class DeviceFailure(EdgezooError):
    """What a device says cannot be done.

    Attributes:
        said: the device's own words.
        file: checksum of the file that it is about, or ``None``.
    """

    def __init__(self, address, said, file):
        super().__init__(f"{address}: {said}")
        self.said, self.file = said, file


class Connection:
    """A runner on a device, which stays there until ``close``.

    Args:
        address: ``Address``.
        job: checksum of all that shall be measured; its folder there is found again after a broken connection.

    Attributes:
        before: description of the device before the job's first measurement.

    Raises:
        EdgezooError: the device cannot be reached, lacks something, or says what is not to be understood.
        ConnectionCut: from every method.
    """

    def __init__(self, address, job):
        self._address, self._speaks, self._expired = address, False, False
        self._device = DEVICES[address.scheme]
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (close() closes it)
        command = self._device.command(address)
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                # Ctrl-C in a terminal goes to this process alone, which closes the connection.
                start_new_session=True,
            )
        except FileNotFoundError as error:
            self._log.close()
            raise EdgezooError(
                f"{address} cannot be reached: {command[0]} is not installed; install openssh-client."
            ) from error
        try:
            self._write(opening(address.settings.get("python", self._device.python)))
            answer = last(self.run("open", job=job, folder=address.settings.get("folder")))
            self._has, self.before = self.checked(answer, has=list)["has"], self._description(answer, "before")
        except BaseException:
            self.close()
            raise

    def push(self, name, content):
        """Sends a file of the job, bytes or a ``Path``, unless it is there; its name is its checksum."""
        if name in self._has:
            return
        with open(content, "rb") if isinstance(content, Path) else io.BytesIO(content) as file:
            self._send({"do": "put", "name": name, "size": file.seek(0, os.SEEK_END)})
            file.seek(0)
            while piece := file.read(1 << 20):
                self._write(piece)
        last(self._replies())
        self._has.append(name)

    def run(self, do, **arguments):
        """Asks for something, and yields replies, dicts, until and with the one that ends it."""
        self._send({"do": do, "size": 0, **arguments})
        yield from self._replies()

    def fetch(self, size):
        """The bytes behind the last reply, which must be as many as the desk expects."""
        if self._size != size:
            raise self.nonsense(f"{self._size} bytes where {size} belong")
        content = self._in_time(lambda: self._process.stdout.read(size))
        if len(content) < size:
            raise self._ended()
        return content

    def described(self, answer):
        """Description of the device: what it is, and how it was before and after (``answer`` of the last reply)."""
        before, after = self.before, self._description(answer, "after")
        held = [after["throttled_now"]]
        if None not in (before["throttled_before"], after["throttled_before"]):
            held.append(after["throttled_before"] != before["throttled_before"])
        held = [each for each in held if each is not None]
        fixed = {key: value for key, value in before.items() if key not in _CHANGING}
        return {
            "device": str(self._address),
            **fixed,
            "temperature_c": {"before": before["temperature_c"], "after": after["temperature_c"]},
            "throttled": any(held) if held else None,
        }

    def number(self, values, key, least=0, whole=False, default=False):
        """A finite number of at least ``least`` out of what the device sent; ``None`` if it may be so."""
        if values.get(key) is None and default is None:
            return None
        value = number_in(values, key, least, whole)
        if value is None:
            raise self.nonsense(f"{key}: {values.get(key)!r}")
        return value

    def text(self, values, key, limit=200):
        """A text out of what the device sent, made printable, of at most so many characters."""
        return _plain(self.checked(values, **{key: str})[key], limit)

    def checked(self, values, **types):
        """``values``, a dict that the device sent, if each of these keys has a value of its type."""
        for key, type_ in types.items():
            if not isinstance(values.get(key), type_):
                raise self.nonsense(f"{key}: {values.get(key)!r}")
        return values

    def nonsense(self, what):
        """The error for something that a runner does not say."""
        return EdgezooError(f"{self._address} does not answer as the runner does ({_plain(what, 120)}).")

    def close(self):
        """Ends the connection; safe to call again."""
        self._process.kill()
        with contextlib.suppress(BrokenPipeError), self._process:
            pass
        self._log.close()

    def _send(self, message):
        self._write(json.dumps(message).encode() + b"\n")

    def _write(self, content):
        try:
            self._process.stdin.write(content)
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise self._ended() from error

    def _replies(self):
        for _ in range(1 << 24):
            reply = self._reply()
            if "error" in reply:
                file = reply.get("file")
                raise DeviceFailure(
                    self._address, self.text(reply, "error", 500), file if isinstance(file, str) else None
                )
            yield reply
            if not reply.keys() & {"row", "advance"}:
                return
        raise self.nonsense("replies without an end")

    def _reply(self):
        for _ in range(_GREETING):
            line = self._in_time(lambda: self._process.stdout.readline(_LINE))
            if not line.endswith(b"\n"):
                if len(line) == _LINE:
                    raise self.nonsense("a line without an end")
                raise self._ended()
            try:
                reply = json.loads(line)
                if isinstance(reply, dict):
                    self._size = self.number(reply, "size", whole=True)
                    self._speaks = True
                    return reply
            except (ValueError, RecursionError):
                pass
            if self._speaks:
                break
        raise self.nonsense(_plain(line.decode("utf-8", "replace"), 80))

    def _in_time(self, read):
        alarm = threading.Timer(_PATIENCE, self._expire)
        alarm.daemon = True
        try:
            alarm.start()
            return read()
        finally:
            alarm.cancel()

    def _expire(self):
        self._expired = True
        self._process.kill()

    def _ended(self):
        """The error for a connection that has ended."""
        try:
            status = self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        self._log.seek(0)
        log = self._log.read(1 << 16).decode("utf-8", "replace")
        why = self._device.why(status, log) or (None if self._speaks else why_no_python(status, log))
        words = said_last(log, " ({})")
        if self._expired:
            return EdgezooError(f"{self._address} gave no word within {_PATIENCE} seconds.")
        if self._speaks:
            return ConnectionCut(f"the connection to {self._address} was cut{words}")
        if why:
            return Unreachable(f"{self._address}: {why}")
        return Unreachable(f"{self._address}: no Python could be started there, status {status}{words}.")

    def _description(self, answer, key):
        said = self.checked(answer, **{key: dict})[key]
        texts = {name: self.text(said, name) if said.get(name) is not None else None for name in _TEXTS}
        for name in ("cores", "ram_bytes", "throttled_before"):
            texts[name] = self.number(said, name, whole=True, default=None)
        texts["temperature_c"] = self.number(said, "temperature_c", least=-273.15, default=None)
        texts["throttled_now"] = said["throttled_now"] if isinstance(said.get("throttled_now"), bool) else None
        return texts


_TEXTS = ("model", "cpu", "machine", "system", "kernel", "python", "governor")
_CHANGING = ("temperature_c", "throttled_now", "throttled_before")


def last(replies):
    """The last reply."""
    *_, reply = replies
    return reply


def _plain(text, limit):
    return printable(one_line(text, limit)) if str(text).strip() else ""
