"""Packages of npm's registry: fetched by npm, known by their checksums, kept in the user's cache."""

import base64
import dataclasses
import hashlib
import io
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from .errors import EdgezooError
from .files import naming_full_disk, read_small, replacing
from .program import run_program
from .text import one_line

#: Seconds that npm gets to fetch a package, and in which the registry must answer.
_SECONDS, _ANSWER_SECONDS = 300, 20
#: Most bytes of a package, and of a file in it.
_MOST = 1 << 26


@dataclasses.dataclass(frozen=True)
class Package:
    """One version of a package.

    Attributes:
        name: such as ``@litertjs/core``.
        version: such as ``2.5.3``.
        integrity: ``sha512-`` and the checksum of its archive in Base64, as npm's lock files have it.
    """

    name: str
    version: str
    integrity: str

    def files(self):
        """What is in it: ``bytes`` of each regular file by its path in the package.

        Raises:
            EdgezooError: it is not in the cache, and cannot be fetched.
        """
        with tarfile.open(fileobj=io.BytesIO(self._archive()), mode="r:gz") as archive:
            members = [each for each in archive if each.isfile() and each.size <= _MOST]
            return {each.name.partition("/")[2]: archive.extractfile(each).read() for each in members}

    def _archive(self):
        kept = cache_folder() / "npm" / f"{self.name.strip('@').replace('/', '-')}-{self.version}.tgz"
        if kept.is_file() and self._is(content := read_small(kept, _MOST)):
            return content
        content = self._fetched()
        try:
            with replacing(kept) as temporary:
                temporary.write_bytes(content)
        except OSError as error:
            raise EdgezooError(
                f"{kept} cannot be written ({error.strerror}); name another cache in XDG_CACHE_HOME."
            ) from error
        return content

    def _is(self, content):
        checksum = base64.b64encode(hashlib.sha512(content).digest()).decode()
        return self.integrity == f"sha512-{checksum}"

    def _fetched(self):
        program, what = shutil.which("npm"), f"{self.name} {self.version}"
        if not program:
            raise EdgezooError(
                f"{what} is not here, and npm, which fetches it, is not either; install Node.js with npm."
            )
        patience = ("--fetch-retries=1", f"--fetch-timeout={1000 * _ANSWER_SECONDS}")
        with tempfile.TemporaryDirectory() as folder, naming_full_disk(folder):
            command = [program, "pack", "--ignore-scripts", "--silent", *patience, f"{self.name}@{self.version}"]
            try:
                status, text = run_program(command, folder, _SECONDS)
            except subprocess.TimeoutExpired as error:
                raise EdgezooError(f"npm did not fetch {what} within {_SECONDS} seconds; try it again.") from error
            archives = list(Path(folder).glob("*.tgz"))
            if status or len(archives) != 1:
                said = f" ({one_line(text, 200)})" if text.strip() else ""
                raise EdgezooError(f"npm cannot fetch {what}{said}; is the network there?")
            content = read_small(archives[0], _MOST)
        if not self._is(content):
            raise EdgezooError(
                f"what npm fetched as {what} has another checksum than that package; nothing of it is used."
            )
        return content


def cache_folder():
    """Where edgezoo keeps what can be fetched again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "edgezoo"
