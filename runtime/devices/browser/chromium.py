"""A headless Chromium of this machine, with a profile of its own that goes with it."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile

from ....common.errors import EdgezooError
from ....common.progress import note

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_OPTIONS = (
    "--headless=new", "--no-first-run", "--no-default-browser-check", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-extensions", "--disable-dev-shm-usage", "--mute-audio",
    "--disable-background-timer-throttling", "--disable-renderer-backgrounding", "--password-store=basic",
)  # fmt: skip
#: WebGPU on any adapter, that of the CPU (SwiftShader) included.
_WEBGPU = ("--enable-unsafe-webgpu", "--enable-features=Vulkan", "--use-webgpu-adapter=swiftshader")


class Chromium:
    """A browser with one page; a context, at whose end its processes and its profile are gone.

    Args:
        address: of the page.
        program: name or path; ``None`` for the first one on the PATH.
        webgpu: whether the page shall have WebGPU.

    Raises:
        EdgezooError: there is none, or it cannot be started.
    """

    def __init__(self, address, program=None, webgpu=False):
        names = (program,) if program else PROGRAMS
        found = next(filter(None, map(shutil.which, names)), None)
        if not found:
            raise EdgezooError(
                f"browser: there is no {' or '.join(names)}; install Chromium, or name it: browser?program=PATH."
            )
        self._profile = tempfile.TemporaryDirectory(prefix="edgezoo-browser-", ignore_cleanup_errors=True)
        options = [*_OPTIONS, *(_WEBGPU if webgpu else ()), f"--user-data-dir={self._profile.name}"]
        if os.geteuid() == 0:
            note(
                "browser: Chromium has no sandbox for root; it runs without, and loads nothing but edgezoo's own page."
            )
            options.append("--no-sandbox")
        try:
            self._process = subprocess.Popen(
                [found, *options, address],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ, "TMPDIR": self._profile.name},
            )
        except OSError as error:
            self._profile.cleanup()
            raise EdgezooError(f"browser: {found} cannot be started: {error.strerror}.") from error

    @property
    def has_ended(self):
        """Whether it has ended by itself."""
        return self._process.poll() is not None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._profile.cleanup()
