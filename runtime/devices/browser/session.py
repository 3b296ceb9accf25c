"""A page that measures, and the desk that asks it: requests and answers go over a server on loopback.

What the page says is read as a stranger's: only who knows the token in the path is heard, and values are checked.
"""

import contextlib
import json
import queue
import secrets
import time
from pathlib import Path

import numpy as np

from ....common.errors import EdgezooError
from ....common.loopback import Loopback
from ....common.text import one_line, printable
from ...litertjs import VERSION, litertjs_files
from ..said import number_in, times_in
from .chromium import Chromium

_PAGE = Path(__file__).with_name("page")
_ACCELERATORS = {"wasm": "WASM", "webgpu": "WebGPU"}
#: Most bytes of an answer: the outputs of some images, or the times of one turn.
_MOST = 1 << 28
#: Seconds that the page gets to start, and for one request.
_START, _PATIENCE = 60, 300


class Session:
    """A browser with the page, and the files of ``setups`` at hand; a context.

    Args:
        address: ``Address``, whose settings are the browser's.
        setups: list of ``Setup``.

    Attributes:
        runtime: what runs files there, as rows tell it.
        description: of the browser, by the page.

    Raises:
        EdgezooError: a setting is none, there is no browser or no LiteRT.js; from every method: the page dies, does not
            answer in time, or cannot do what it shall.
    """

    def __init__(self, address, setups):
        settings = address.settings
        self._accelerator = settings.get("accelerator", "wasm")
        if self._accelerator not in _ACCELERATORS:
            raise EdgezooError(f"browser: accelerator is wasm or webgpu, not {self._accelerator}.")
        if delegate := next((setup.delegate for setup in setups if setup.delegate), None):
            raise EdgezooError(f"browser: a page loads no delegates such as {delegate}; leave --delegate out.")
        self.runtime = f"LiteRT.js {VERSION} ({_ACCELERATORS[self._accelerator]})"
        self._setups, self._settings, self._port = setups, settings, port_of(address)
        self._token = secrets.token_urlsafe(24)
        self._requests, self._answers = queue.Queue(), queue.Queue()

    def __enter__(self):
        self._content = {path.name: path.read_bytes() for path in _PAGE.iterdir()}
        self._content |= {f"litertjs/{name}": content for name, content in litertjs_files().items()}
        with contextlib.ExitStack() as stack:
            server = stack.enter_context(Loopback(self._get, self._post, self._port, _MOST))
            place = f"{server.address}{self._token}/index.html"
            webgpu = self._accelerator == "webgpu"
            self._browser = stack.enter_context(Chromium(place, self._settings.get("program"), webgpu))
            self._wait(_START)
            said = self._asked(0, "describe")
            self.description = {
                "browser": self._text(said, "userAgent"),
                "system": self._text(said, "platform"),
                "cores": int(self._number(said, "cores", 1)),
                "clock_resolution_us": round(1000 * self._number(said, "resolution"), 3),
            }
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._stack.close()

    def load(self, number):
        """Loads the file of a setup; milliseconds from its bytes to a compiled model."""
        setup = self._setups[number]
        said = self._asked(
            number,
            "load",
            model=f"{number}/model",
            pictures=f"{number}/images",
            values=f"{number}/table",
            shape=setup.file.input_shape,
            dtype=setup.file.table.dtype.name,
            threads=setup.threads,
            accelerator=self._accelerator,
        )
        return self._number(said, "init_ms")

    def times(self, number, *, runs, seconds, warm_up=0):
        """Nanoseconds, int64, of single inferences: so many of them *and* so many seconds."""
        values = self._asked(number, "time", runs=runs, seconds=seconds, warm_up=warm_up).get("times")
        times = times_in(values, runs)
        if times is None:
            raise EdgezooError("browser: the page sent times that are none.")
        return times

    def outputs(self, number, start, stop):
        """Outputs of some images as they are stored, [stop - start, outputs]."""
        file = self._setups[number].file
        dtype = np.dtype(file.graph.tensors[file.graph.outputs[0]].dtype)
        content = self._answered(number, "predict", start=start, stop=stop)
        self._fail(content, number)
        if not content or len(content) % (dtype.itemsize * (stop - start)):
            raise EdgezooError("browser: the page sent outputs of another size.")
        return np.frombuffer(content, dtype).reshape(stop - start, -1)

    def close(self, number):
        """Ends the frame of a setup, and gives its memory back."""
        self._asked(number, "close")

    def _get(self, path):
        token, _, name = path.partition("/")
        if not secrets.compare_digest(token.encode(), self._token.encode()):
            return None
        if name in self._content:
            return self._content[name]
        number, _, part = name.partition("/")
        if not number.isdecimal() or len(number) > 6 or int(number) >= len(self._setups):
            return None
        content = self._setups[int(number)].contents.get(part)
        return content.read_bytes() if isinstance(content, Path) else content

    def _post(self, path, content):
        if not secrets.compare_digest(path.encode(), f"{self._token}/next".encode()):
            return None
        self._answers.put(content)
        return json.dumps(self._requests.get()).encode()

    def _wait(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(queue.Empty):
                return self._answers.get(timeout=0.2)
            if self._browser.has_ended:
                raise EdgezooError("browser: it ended before the work was done; is there memory for it?")
        raise EdgezooError(f"browser: its page gave no word within {seconds} seconds.")

    def _answered(self, number, name, **arguments):
        self._requests.put({"frame": number, "name": name, **arguments})
        return self._wait(_PATIENCE)

    def _asked(self, number, name, **arguments):
        content = self._answered(number, name, **arguments)
        self._fail(content, number)
        try:
            said = json.loads(content)
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            raise EdgezooError("browser: its page does not answer as it should.")
        return said

    def _fail(self, content, number):
        """Raises what the page says went wrong."""
        if content.startswith(b'{"error":'):
            with contextlib.suppress(ValueError, TypeError, LookupError, RecursionError):
                why = printable(one_line(json.loads(content)["error"], 300))
                raise EdgezooError(f"{self._setups[number].file.path} on browser: {self.runtime} cannot run it: {why}.")

    def _number(self, said, key, least=0):
        value = number_in(said, key, least)
        if value is None:
            raise EdgezooError(f"browser: its page does not answer as it should ({key}).")
        return float(value)

    def _text(self, said, key):
        value = said.get(key)
        return printable(one_line(value, 200)) if isinstance(value, str) else None


def port_of(address):
    """The port that an ``Address`` of a browser names for the server; 0 takes a free one."""
    port = address.settings.get("port", "0")
    if not port.isdecimal() or int(port) > 65535:
        raise EdgezooError(f"browser: port is a number from 0 to 65535, not {port}.")
    return int(port)
