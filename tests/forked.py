"""Python programs as processes that have TensorFlow already: forked from one that has only imported it.

A fork takes a tenth of a second, the start of Python with TensorFlow takes five. The process is one of its own all the
same: with its streams, its exit status and its end by a signal. What the start itself must show is started as ever.
"""

import inspect
import multiprocessing
import os
import subprocess
import sys
from multiprocessing.connection import Connection

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    ["edgezoo.train.loop", "edgezoo.export.converter_process", "edgezoo.evaluate.compare", "matplotlib.pyplot"]
)

_BEGIN = """
import os, runpy, sys
for descriptor, stream in enumerate(streams):
    os.dup2(stream.fileno(), descriptor)
# Python's own know still what they were opened on.
sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)
sys.stderr = open(2, "w", buffering=1, closefd=False)
os.chdir(folder)
os.environ.clear()
os.environ.update(environment)
if session:
    os.setsid()
flag, program, *arguments = command
sys.argv = [program if flag == "path" else flag, *arguments]
if flag == "-c":
    exec(compile(program, "<string>", "exec"), {"__name__": "__main__"})
elif flag == "-m":
    runpy.run_module(program, run_name="__main__", alter_sys=True)
else:
    runpy.run_path(program, run_name="__main__")
"""


class Forked(subprocess.Popen):
    """``subprocess.Popen`` of ``[sys.executable, "-c" or "-m", …]`` or of a script in Python with its arguments."""

    def _execute_child(self, args, *options):
        given = inspect.signature(subprocess.Popen._execute_child).bind(self, args, *options).arguments
        command = [os.fspath(word) for word in args]
        command = [word for word in command[1:] if word != "-P"] if command[0] == sys.executable else ["path", *command]
        ends = [given[name] for name in ("p2cread", "c2pwrite", "errwrite")]
        # A connection is what multiprocessing hands on to another process, whatever it is to.
        streams = [Connection(os.dup(number if end == -1 else end)) for number, end in enumerate(ends)]
        prepared = {
            "command": command,
            "streams": streams,
            "folder": given["cwd"] or os.getcwd(),
            "environment": dict(os.environ if given["env"] is None else given["env"]),
            "session": given["start_new_session"],
        }
        # Source as the target, since the process knows nothing of the modules that pytest has imported.
        self._process = _CONTEXT.Process(target=exec, args=(_BEGIN, prepared), daemon=True)
        self._process.start()
        self.pid, self._child_created = self._process.pid, True
        for stream in streams:
            stream.close()
        pipes = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
        self._close_pipe_fds(*(given[name] for name in pipes))

    def _internal_poll(self, *_, **__):
        self.returncode = self._process.exitcode
        return self.returncode

    def _wait(self, timeout):
        self._process.join(timeout)
        if self._internal_poll() is None:
            raise subprocess.TimeoutExpired(self.args, timeout)
        return self.returncode


def run(command, *, check=False, **options):
    """``subprocess.run`` in a ``Forked``, with both streams captured as text."""
    with Forked(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options) as process:
        streams = process.communicate()
    result = subprocess.CompletedProcess(command, process.returncode, *streams)
    if check:
        result.check_returncode()
    return result
