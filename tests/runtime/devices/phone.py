"""A stand-in of a phone: it speaks adb's protocol over TCP, and its shell works in a folder here.

The protocol is that of ``protocol.txt`` and ``SYNC.TXT`` in Android's sources of adb: messages of a header of 24 bytes
and data, one stream at a time here. There are ``exec:`` and of ``sync:`` STAT and SEND.
"""

import contextlib
import os
import socket
import struct
import subprocess
import sys
import threading

GETPROP = """#!/bin/sh
case $1 in
ro.product.manufacturer) echo Acme;; ro.product.model) echo Phone 7;; ro.soc.model) echo AC1234;;
ro.build.version.release) echo 14;; ro.build.version.sdk) echo 34;;
ro.product.cpu.abi) echo arm64-v8a;; ro.product.cpu.abilist) echo arm64-v8a,armeabi-v7a;;
esac
"""
DUMPSYS = """#!/bin/sh
echo "Thermal Status: 0
Cached temperatures:
	Temperature{mValue=99.0, mType=0, mName=CPU0, mStatus=0}
Current temperatures from HAL:
	Temperature{mValue=41.5, mType=0, mName=CPU0, mStatus=0}
	Temperature{mValue=35.3, mType=0, mName=CPU1, mStatus=0}
	Temperature{mValue=60.0, mType=3, mName=SKIN, mStatus=0}"
"""
#: It runs a file by LiteRT here, and prints in the form of LiteRT's sources.
BENCHMARK_MODEL = f"""#!{sys.executable} -IS
import sys
sys.path[:0] = {[path for path in sys.path if "site-packages" in path]}
import time
import numpy
from ai_edge_litert.interpreter import Interpreter
flags = dict(argument[2:].split("=", 1) for argument in sys.argv[1:])
start = time.perf_counter()
print("INFO: STARTING!")
try:
    interpreter = Interpreter(flags["graph"], num_threads=int(flags["num_threads"]))
except ValueError as error:
    sys.exit("ERROR: Failed to load model " + flags["graph"] + "\\nERROR: Benchmarking failed.")
shape = [int(side) for side in flags["input_layer_shape"].split(",")]
interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], shape)
interpreter.allocate_tensors()
init = (time.perf_counter() - start) * 1e6
(given,), (output,) = interpreter.get_input_details(), interpreter.get_output_details()
path = flags["input_layer_value_files"].partition(":")[2]
interpreter.set_tensor(given["index"], numpy.fromfile(path, given["dtype"]).reshape(shape))
def run(runs, seconds):
    times, start = [], time.perf_counter()
    while len(times) < runs or time.perf_counter() - start < seconds:
        before = time.perf_counter_ns()
        interpreter.invoke()
        times.append((time.perf_counter_ns() - before) // 1000)
    if not times:
        print("INFO: count=0")
        return 0, 0
    ordered, count = sorted(times), len(times)
    print("INFO: count=%d first=%d curr=%d min=%d max=%d avg=%g std=%d p5=%d median=%d p95=%d\\n" % (
        count, times[0], times[-1], ordered[0], ordered[-1], numpy.mean(times), numpy.std(times),
        *(ordered[count * percent // 100] for percent in (5, 50, 95))))
    return times[0], numpy.mean(times)
first, warm_up = run(int(flags["warmup_runs"]), float(flags["warmup_min_secs"]))
_, mean = run(int(flags["num_runs"]), float(flags["min_secs"]))
print("INFO: Inference timings in us: Init: %d, First inference: %d, Warmup (avg): %g, Inference (avg): %g" % (
    init, first, warm_up, mean))
if "output_filepath" in flags:
    interpreter.get_tensor(output["index"]).tofile(flags["output_filepath"])
"""


class Phone:
    """Listens on loopback.

    Args:
        folder: in which its files lie.

    Attributes:
        serial: ``127.0.0.1:PORT``.
        room: the folder that stands for ``/data/local/tmp``.
        scripts: lines that its shell was given.
        vanishes_at: number of scripts after which it answers none, and breaks the connection off.
        answer: function from a script to the bytes that it answers in place of the shell's, or ``None``.
        pushes: names of files that were sent.
        is_full: whether it has no space left.
        trusts: whether it trusts this machine.
    """

    def __init__(self, folder):
        self.room, self._bin = folder / "tmp", folder / "bin"
        self.room.mkdir()
        self._bin.mkdir()
        for name, text in (("getprop", GETPROP), ("dumpsys", DUMPSYS)):
            (self._bin / name).write_text(text)
            (self._bin / name).chmod(0o755)
        self.scripts, self.pushes, self.vanishes_at, self.answer = [], [], None, None
        self.is_full, self.trusts = False, True
        self._server = socket.create_server(("127.0.0.1", 0))
        self.serial = f"127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._server.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection):
        with connection, contextlib.suppress(OSError, EOFError):
            wire = _Wire(connection)
            while True:
                command, theirs, _, data = wire.receive()
                if command == b"CNXN" and not self.trusts:
                    wire.send(b"AUTH", 1, 0, bytes(20))
                elif command == b"CNXN":
                    wire.send(b"CNXN", 0x01000001, 1 << 18, b"device::ro.product.name=acme;features=cmd\0")
                elif command == b"OPEN":
                    service, _, script = data.rstrip(b"\0").decode().partition(":")
                    if service not in ("exec", "sync"):
                        wire.send(b"CLSE", 0, theirs)
                        continue
                    wire.send(b"OKAY", 1, theirs)
                    if service == "sync":
                        self._sync(wire, theirs)
                    else:
                        self._exec(wire, theirs, script)
                    wire.send(b"CLSE", 1, theirs)

    def _exec(self, wire, theirs, script):
        self.scripts.append(script)
        if self.vanishes_at is not None and len(self.scripts) > self.vanishes_at:
            raise EOFError
        said = self.answer and self.answer(script)
        if said is None:
            said = subprocess.run(
                ["sh", "-c", script.replace("/data/local/tmp", str(self.room))],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                env={**os.environ, "PATH": f"{self._bin}:{os.environ['PATH']}"},
                check=False,
            ).stdout
        for start in range(0, len(said), 1 << 16):
            wire.send(b"WRTE", 1, theirs, said[start : start + (1 << 16)])
            wire.until(b"OKAY")

    def _sync(self, wire, theirs):
        stream = _Stream(wire, theirs)
        while True:
            what, size = struct.unpack("<4sI", stream.read(8))
            if what == b"STAT":
                stream.read(size)
                stream.write(struct.pack("<4sIII", b"STAT", 0, 0, 0))
            elif what == b"SEND":
                path = stream.read(size).decode().rpartition(",")[0]
                self.pushes.append(path.rpartition("/")[2])
                content = b""
                while (piece := struct.unpack("<4sI", stream.read(8)))[0] == b"DATA":
                    content += stream.read(piece[1])
                if self.is_full:
                    words = b"couldn't write: No space left on device"
                    stream.write(struct.pack("<4sI", b"FAIL", len(words)) + words)
                    continue
                target = self.room / path.removeprefix("/data/local/tmp/")
                target.parent.mkdir(exist_ok=True)
                target.write_bytes(content)
                stream.write(struct.pack("<4sI", b"OKAY", 0))
            else:  # QUIT
                return


class _Wire:
    """Messages of adb's transport."""

    def __init__(self, connection):
        self._file = connection.makefile("rwb")

    def send(self, command, first, second, data=b""):
        (number,) = struct.unpack("<I", command)
        header = struct.pack("<6I", number, first, second, len(data), sum(data), number ^ 0xFFFFFFFF)
        self._file.write(header + data)
        self._file.flush()

    def receive(self):
        header = self._file.read(24)
        if len(header) < 24:
            raise EOFError
        command, first, second, size, _, _ = struct.unpack("<4s5I", header)
        return command, first, second, self._file.read(size)

    def until(self, command):
        """The data of the next such message; ``EOFError`` where the stream is closed."""
        while True:
            got, _, _, data = self.receive()
            if got == command:
                return data
            if got == b"CLSE":
                raise EOFError


class _Stream:
    """The bytes of one stream, both ways."""

    def __init__(self, wire, theirs):
        self._wire, self._theirs, self._rest = wire, theirs, b""

    def read(self, size):
        while len(self._rest) < size:
            self._rest += self._wire.until(b"WRTE")
            self._wire.send(b"OKAY", 1, self._theirs)
        data, self._rest = self._rest[:size], self._rest[size:]
        return data

    def write(self, data):
        self._wire.send(b"WRTE", 1, self._theirs, data)
        self._wire.until(b"OKAY")
