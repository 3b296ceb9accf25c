"""Commands side by side, each with one thread.

For networks of this size a training step has too little in it for two threads to share: on two cores, two processes of
one thread each were 1.4 times as fast together as one process of two threads.
"""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

from edgezoo.common.errors import EdgezooError
from edgezoo.common.progress import note

_ONE_THREAD = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}


def run_side_by_side(commands, jobs):
    """Runs commands, at most ``jobs`` at a time, the first ones first.

    Args:
        commands: list of ``(label, argv, log)``; what a command prints goes to the file ``log``.
        jobs: number of processes at a time.

    Raises:
        EdgezooError: a command failed; raised when the others have ended.
        KeyboardInterrupt: after Ctrl-C, which the commands get as well.
    """
    children = set()

    def run(label, argv, log):
        log.parent.mkdir(parents=True, exist_ok=True)
        note(f"{label}: started")
        with log.open("ab") as output:
            child = subprocess.Popen(argv, stdout=output, stderr=output, env={**os.environ, **_ONE_THREAD})
            children.add(child)
            code = child.wait()
        children.remove(child)
        note(f"{label}: {'failed' if code else 'done'}")
        return f"{label} failed, see {log}" if code else None

    with ThreadPoolExecutor(jobs) as pool:
        pending = [pool.submit(run, *command) for command in commands]
        try:
            failures = [failure for each in pending if (failure := each.result())]
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            for child in tuple(children):
                child.terminate()
            raise
    if failures:
        raise EdgezooError(f"{'; '.join(failures)}. The same command goes on.")
