"""Processes that have TensorFlow already: forked, in a tenth of a second, from one that did nothing but import it."""

import multiprocessing
import os
import signal
import subprocess
from multiprocessing.connection import Connection

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["keras", "edgezoo.train.loop", "edgezoo.export.exporting", "edgezoo.evaluate.compare"])

#: What the process does before it is what was asked for. multiprocessing gave it an empty sys.stdin.
_BEGIN = """
import os, runpy, sys
for descriptor, stream in enumerate(streams):
    os.dup2(stream.fileno(), descriptor)
sys.stdin = open(0, closefd=False)
os.environ.clear()
os.environ.update(environment)
os.chdir(folder)
if session:
    os.setsid()
sys.argv = arguments
if module:
    runpy.run_module(module, run_name="__main__", alter_sys=True)
else:
    exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})
"""


class Forked:
    """As ``subprocess.Popen([sys.executable, …])`` of ``-c code`` or ``-m module``, with what of it tests use."""

    def __init__(self, command, *, stdin=None, stdout=None, stderr=None, text=False, cwd=None, env=None,
                 start_new_session=False):  # fmt: skip
        _, *flags, kind, what = command[: 1 + next(k for k, word in enumerate(command) if word in ("-c", "-m")) + 1]
