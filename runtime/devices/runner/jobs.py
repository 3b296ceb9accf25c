"""What the desk asks for: a job's files, kept in a folder of their own, are timed, or run on images."""

import concurrent.futures
import contextlib
import errno
import fcntl
import hashlib
import json
import os
import re
import select
import shutil
import subprocess
import sys
import threading
import time
import traceback

from .loaded import Loaded, runtime
from .machine import content, cores, description
from .wire import BOOT, Failure, Wire

#: Images that a child gets at a time.
CHUNK = 64
#: Folders of jobs that nobody came back for are removed after so many seconds.
FORGOTTEN = 7 * 86400
#: Seconds to wait for another measurement: that of a connection which was cut ends by itself.
PATIENCE = 20


class Child:
    """The handle of a child that has loaded a file."""

    def __init__(self, file, setup):
        self._file = file
        # Its stderr is this process', which the desk shows where nothing else tells what happened.
        command = [sys.executable, "-c", BOOT]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._process.stdin.write(b"%d\n" % len(SOURCE) + SOURCE)  # noqa: F821 (BOOT gives it)
        self._wire = Wire(self._process.stdout, self._process.stdin)
        try:
            self.facts, _ = self.ask("load", **setup)
        except BaseException:
            self.close()
            raise

    def ask(self, do, **arguments):
        """``(answer, bytes)``; a ``Failure`` where there is none."""
        try:
            self._wire.send(dict(arguments, do=do))
            answer = self._wire.receive()
            content = b"".join(self._wire.pieces(answer.pop("size")))
        except (EOFError, BrokenPipeError) as error:
            status = self._process.wait()
            how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
            raise Failure(f"the process that ran it {how}", self._file) from error
        if "error" in answer:
            raise Failure(answer["error"], self._file)
        return answer, content

    def close(self):
        self._process.kill()
        self._process.wait()


class Job:
    """The measurements that the desk asks for, in a folder of their own; each public method answers a request."""

    def __init__(self, wire):
        self._wire, self._folder = wire, None

    def open(self, job, folder):
        """Makes or finds the job's folder; tells what lies in it, and what this machine is."""
        cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
        base = os.path.abspath(os.path.expanduser(folder or os.path.join(cache, "edgezoo", "jobs")))
        self._folder = os.path.join(base, job)
        os.makedirs(self._folder, 0o700, exist_ok=True)
        if os.stat(self._folder).st_uid != os.getuid():
            raise Failure(f"{self._folder} there belongs to another user; name another folder, with ?folder=.")
        self._lock(base)
        for other in os.listdir(base):
            path = os.path.join(base, other)
            if re.match("[0-9a-f]{64}$", other) and other != job and time.time() - os.stat(path).st_mtime > FORGOTTEN:
                shutil.rmtree(path, ignore_errors=True)
        runtime()  # what is missing is said before anything is sent
        before = self._kept("description") or [description()]
        if not self._kept("description"):
            self._keep("description", before[0])
        return {"has": os.listdir(self._folder), "before": before[0]}

    def _lock(self, base):
        self._locked = open(os.path.join(base, "lock"), "w")  # noqa: SIM115 (until the process ends)
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return fcntl.flock(self._locked, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise Failure("another measurement runs there; wait for it to end.") from error
                time.sleep(0.2)

    def put(self, name, size):
        """Writes a file of the job, whose name is the checksum of its content; it is whole, or not there."""
        path, digest, pieces = os.path.join(self._folder, name), hashlib.sha256(), self._wire.pieces(size)
        try:
            with open(path + ".part", "wb") as file:
                for piece in pieces:
                    file.write(piece)
                    digest.update(piece)
            if digest.hexdigest() != name:
                raise Failure("a file arrived there damaged; try again.")
            os.replace(path + ".part", path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.remove(path + ".part")
            for _ in pieces:  # what still comes is no request
                pass
            raise
        return {}

    def latency(self, setups, rounds, warm_up, turn):
        """Times files in turns; replies with each turn, first with those that a run before has kept.

        Args:
            setups: what ``_child`` takes.
            rounds: in each, the numbers of the setups in their order.
            warm_up, turn: arguments of ``Loaded.time``, after loading and for each turn.
        """
        kept = self._kept("latency")
        for row in kept:
            self._wire.send({"row": row})
        known = {row["setup"] for row in kept if "first_ms" in row}
        done = {(row["setup"], row["round"]) for row in kept if "times" in row}
        left = [[setup for setup in order if (setup, number) not in done] for number, order in enumerate(rounds)]
        with contextlib.ExitStack() as stack:
            children = {}
            for number in sorted({setup for order in left for setup in order}):
                children[number] = child = self._child(setups[number])
                stack.callback(child.close)
                first = child.ask("time", runs=1, seconds=0)[0]["times"][0] / 1e6
                facts = child.ask("inspect")[0]  # before the lists of times take memory of their own
                if number not in known:
                    self._keep("latency", dict(child.facts, **facts, setup=number, first_ms=first), reply=True)
                child.ask("time", **warm_up)
            for number, order in enumerate(left):
                for setup in order:
                    times = children[setup].ask("time", **turn)[0]["times"]
                    self._keep("latency", {"setup": setup, "round": number, "times": times}, reply=True)
        return {"after": description()}

    def answers(self, setup, count):
        """Runs a file on all images, a child on each core; replies with its outputs as they are stored."""
        name = hashlib.sha256(json.dumps(setup, sort_keys=True).encode()).hexdigest()
        path = os.path.join(self._folder, "answers-" + name)
        (facts,) = self._kept(name) or (None,)
        if not facts:
            facts = self._predict(setup, count, path)
            self._keep(name, facts)
        with open(path, "rb") as file:
            return dict(facts, after=description()), file.read()

    def _predict(self, setup, count, path):
        starts, parts, facts = list(range(0, count, CHUNK)), {}, {}

        def drain(child):
            while starts:
                try:
                    start = starts.pop(0)
                except IndexError:
                    return
                answer, parts[start] = child.ask("predict", start=start, stop=start + CHUNK)
                facts.update(answer, runtime=child.facts["runtime"])
                self._wire.send({"advance": min(CHUNK, count - start)})

        many = 1 if setup["delegate"] else min(cores(), len(starts))
        with contextlib.ExitStack() as stack, concurrent.futures.ThreadPoolExecutor(many) as pool:
            children = [self._child(setup) for _ in range(many)]
            for child in children:
                stack.callback(child.close)
            try:
                for drained in [pool.submit(drain, child) for child in children]:
                    drained.result()
            finally:
                starts.clear()  # after an error the others end with the images they are at
        with open(path, "wb") as file:
            file.write(b"".join(parts[start] for start in sorted(parts)))
        return facts

    def _child(self, setup):
        paths = {key: os.path.join(self._folder, setup[key]) for key in ("model", "images", "table")}
        return Child(setup["model"], dict(setup, **paths))

    def close(self):
        """Removes the job's folder: the desk has everything."""
        shutil.rmtree(self._folder, ignore_errors=True)
        return {}

    def _keep(self, name, row, reply=False):
        with open(os.path.join(self._folder, name + ".jsonl"), "a") as file:
            file.write(json.dumps(row) + "\n")
        if reply:
            self._wire.send({"row": row})

    def _kept(self, name):
        lines = (content(os.path.join(self._folder, name + ".jsonl")) or "").splitlines(keepends=True)
        rows = []
        for line in lines:
            with contextlib.suppress(ValueError):  # of a line that was cut off
                rows.append(json.loads(line))
        return rows

    def failure(self, error):
        """What an error means, in words."""
        if not isinstance(error, OSError):
            return "memory runs out there." if isinstance(error, MemoryError) else f"{type(error).__name__}: {error}"
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return f"there is no space left in {self._folder}; make room there, or name another folder, with ?folder=."
        return f"{self._folder} there cannot be used ({error.strerror}); name another folder, with ?folder=."


def _replies(handler, wire, request):
    """Answers one request."""
    try:
        answer = getattr(handler, request.pop("do"))(**request)
    except Failure as error:
        answer = {"error": str(error), "file": error.file}
    except (EOFError, BrokenPipeError):
        raise
    except Exception as error:
        traceback.print_exc()
        answer = {"error": handler.failure(error) if isinstance(handler, Job) else str(error), "file": None}
    wire.send(*(answer if isinstance(answer, tuple) else (answer,)))


def _end_with_stdin():
    """Ends this process when the other side is gone, whatever it is at."""
    ended = select.poll()
    ended.register(0, select.POLLHUP | getattr(select, "POLLRDHUP", 0))
    ended.poll()
    os._exit(1)


def main():
    """Answers until stdin ends."""
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    # Native libraries print to descriptor 1 as they please; replies get a descriptor that they do not know.
    wire = Wire(sys.stdin.buffer, os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)
    with contextlib.suppress(EOFError, BrokenPipeError):
        handler, request = None, wire.receive()
        while True:
            if handler is None:
                handler = Loaded() if request["do"] == "load" else Job(wire)
            if request["do"] != "put":
                request.pop("size")
            _replies(handler, wire, request)
            request = wire.receive()


if "SOURCE" in globals():
    main()
