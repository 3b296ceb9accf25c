"""A web server for pages on this machine: it listens on loopback alone, and answers nobody but its own pages."""

import contextlib
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from .errors import EdgezooError

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".png": "image/png",
}
#: The import map that leads to LiteRT.js, which a page must have within it, and its checksum.
_IMPORT_MAP = "'sha256-GUHdZv3ho3GIroJEp5jMH/LZ5ESkPPwFwLj2woI6oN8='"
#: What a page may load: from where it came, and pictures that it makes itself.
POLICY = (
    f"default-src 'none'; script-src 'self' 'wasm-unsafe-eval' {_IMPORT_MAP}; worker-src 'self' blob:; "
    "connect-src 'self'; img-src 'self' blob: data:; media-src blob:; style-src 'self'; base-uri 'none'; "
    "form-action 'none'"
)
_HEADERS = {
    "Content-Security-Policy": f"{POLICY}; frame-src 'self'; frame-ancestors 'self'",
    # With these two a page is isolated from others, and may have threads and a clock of 5 µs.
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


class Loopback:
    """A server on 127.0.0.1; a context.

    Args:
        get: from a path without its first slash to the ``bytes`` there, or ``None``.
        post: from a path and the ``bytes`` that were sent to the ``bytes`` of the answer, or ``None``; without it
            nothing can be sent.
        port: 0 takes a free one.
        most: bytes that may be sent at a time.

    Attributes:
        address: ``http://127.0.0.1:PORT/``.

    Raises:
        EdgezooError: the port cannot be had.
    """

    def __init__(self, get, post=None, port=0, most=0):
        try:
            self._server = _Server(("127.0.0.1", port), _Handler)
        except (OSError, OverflowError) as error:
            raise EdgezooError(
                f"port {port} cannot be used ({getattr(error, 'strerror', error)}); name another one."
            ) from error
        self._server.get, self._server.post, self._server.most = get, post, most
        own = self._server.server_port
        self._server.hosts = {f"{host}:{own}" for host in ("127.0.0.1", "localhost")}
        self.address = f"http://127.0.0.1:{own}/"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request, client_address):
        """Browsers close connections as they please."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version, server_version, sys_version, timeout = "HTTP/1.1", "edgezoo", "", 60

    def do_GET(self):
        if path := self._path():
            self._answer(self.server.get(path), path)

    do_HEAD = do_GET

    def do_POST(self):
        if not (path := self._path()):
            return
        size = self.headers.get("Content-Length", "")
        if self.server.post is None:
            self.send_error(HTTPStatus.METHOD_NOT_ALLOWED)
        elif not size.isdecimal() or len(size) > 12 or int(size) > self.server.most:
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            self._answer(self.server.post(path, self.rfile.read(int(size))), path)

    def _path(self):
        # A page elsewhere whose name was made to lead here has that name in Host.
        if self.headers.get("Host") not in self.server.hosts:
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
            return None
        return unquote(urlsplit(self.path).path).removeprefix("/") or "index.html"

    def _answer(self, content, path):
        if content is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", _TYPES.get(PurePosixPath(path).suffix, "application/octet-stream"))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            with contextlib.suppress(ConnectionError):
                self.wfile.write(content)

    def end_headers(self):
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *_):
        """What is asked for is nobody's business."""
