"""A phone's shell and files, by the ``adb`` client of the system.

``adb`` hands one line to the phone's shell. What is made here of fixed words, checksums and numbers is all that ever
stands there: no name, path or label. What the phone answers has limits, and is never the name of a file here.
"""

import re
import subprocess
import tempfile
import threading

from ....common.errors import EdgezooError
from ..again import ConnectionCut, Unreachable
from ..said import said_last

#: Where a shell without further rights may write and execute.
_ROOM = "/data/local/tmp"
#: Days after which what nobody came back for is removed.
_FORGOTTEN = 7
#: Seconds after which a command of the phone is given up.
_PATIENCE = 900
#: Bytes of text that one command may answer.
_LIMIT = 1 << 20

#: What adb says → what to do about it.
_REASONS = {
    "no devices/emulators found": "no phone is there; plug one in with USB debugging on, and see `adb devices`",
    "more than one device": "several phones are there; name one as adb:SERIAL, from `adb devices`",
    "unauthorized": "it does not trust this machine yet; unlock it, and allow USB debugging there",
    "still authorizing": "it does not trust this machine yet; unlock it, and allow USB debugging there",
    "offline": "it is offline; unlock it, or plug it in again",
    "insufficient permissions": "this user may not open the USB device; install android-sdk-platform-tools-common",
    "not found": "there is no such phone; see `adb devices`",
    "cannot connect to daemon": "adb's server does not start; see `adb start-server`",
}


class Failed(Exception):
    """A command of the phone that failed; its text is what the command printed."""


class Client:
    """A folder on a phone.

    Args:
        address: ``Address``.
        job: checksum that names the folder.

    Attributes:
        kept: names of results that the folder holds, and of files that are checksums, where they are whole.

    Raises:
        Unreachable: adb has no way to the phone.
        ConnectionCut: from every method, once the phone has answered.
        Failed: from every method, a command failed.
        EdgezooError: adb is missing, or the phone answers without an end.
    """

    def __init__(self, address, job):
        self._address, self._speaks = address, False
        self._folder = f"{_ROOM}/edgezoo-{job}"
        self._adb = ["adb", *(["-s", address.serial] if address.serial else [])]
        self._run(
            f"find {_ROOM} -maxdepth 1 -name 'edgezoo-*' -mtime +{_FORGOTTEN} -exec rm -rf {{}} + 2>/dev/null;"
            f" mkdir -p {self._folder}"
        )
        # A phone without sha256sum gets its files again.
        lines = self.run("ls; sha256sum [0-9a-f]* 2>/dev/null; true").decode("utf-8", "replace").split("\n")
        found = (re.fullmatch(r"((?:answers|latency)-[\d-]+)|([0-9a-f]{64}) [ *]\2", line) for line in lines)
        self.kept = {each.group(1) or each.group(2) for each in found if each}

    def push(self, name, content):
        """Sends bytes, or the file at a ``Path``, unless what has this name is kept there."""
        if name in self.kept:
            return
        with tempfile.NamedTemporaryFile() as file:
            if isinstance(content, bytes):
                file.write(content)
                file.flush()
            source = file.name if isinstance(content, bytes) else str(content.resolve())
            status, said, log = self._adb_says("push", source, f"{self._folder}/{name}", limit=_LIMIT)
        if status:
            # It tells how many files it has pushed, too.
            lines = (log + said.decode("utf-8", "replace")).splitlines()
            log = "\n".join(line for line in lines if "error" in line)
            if "': remote " in log:
                raise Failed(log)
            raise self._gone(log)

    def run(self, script):
        """What a script prints, which runs in the folder, bytes."""
        return self._run(f"cd {self._folder} && {script}")

    def keep(self, name, script, limit=_LIMIT):
        """What a script has printed, bytes; it is run unless that is kept in the folder."""
        return self._run(
            f"cd {self._folder} && if [ ! -f {name} ]; then ( {script} ) >part 2>&1 || "
            f"{{ tail -c 4096 part; exit 1; }}; mv part {name}; fi && cat {name}",
            limit,
        )

    def remove(self):
        """Removes the folder."""
        self._run(f"rm -rf {self._folder}")

    def _run(self, script, limit=_LIMIT):
        # A status of its own: adb has none of a phone before Android 7, and what is cut off has none at all.
        script = f"( {script} ) 2>&1 </dev/null; status=$?; echo; echo edgezoo-status $status"
        _, said, log = self._adb_says("exec-out", script, limit=limit + 100)
        end = re.search(rb"\nedgezoo-status (\d{1,3})\r?\n$", said[-100:])
        if not end:
            raise self._gone(log)
        self._speaks = True
        content = said[: len(said) - len(end.group())]
        if int(end.group(1)):
            raise Failed(content.decode("utf-8", "replace"))
        return content

    def _adb_says(self, *arguments, limit):
        """``(status, stdout, stderr)`` of adb."""
        with tempfile.TemporaryFile() as log:
            try:
                process = subprocess.Popen(
                    [*self._adb, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    # Ctrl-C in a terminal goes to this process alone.
                    start_new_session=True,
                )
            except FileNotFoundError as error:
                raise EdgezooError(
                    f"{self._address} cannot be reached: adb is not installed; install adb or Android's platform-tools."
                ) from error
            alarm = threading.Timer(_PATIENCE, process.kill)
            alarm.daemon = True
            alarm.start()
            try:
                with process:
                    said = process.stdout.read(limit + 1)
                    process.stdout.close()
                    if len(said) > limit:
                        raise EdgezooError(f"{self._address} answers without an end.")
                    process.wait()
            finally:
                process.kill()
                alarm.cancel()
            log.seek(0)
            return process.returncode, said, log.read(1 << 16).decode("utf-8", "replace")

    def _gone(self, log):
        """The error for an answer that has not come."""
        if self._speaks:
            return ConnectionCut(f"the connection to {self._address} was cut{said_last(log, ' ({})')}")
        reason = next((reason for said, reason in _REASONS.items() if said in log), None)
        return Unreachable(f"{self._address}: {reason or 'adb cannot use it' + said_last(log, ', it says {}')}.")
