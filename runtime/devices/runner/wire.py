"""Messages between desk, device and children: a line of JSON, and behind it as many bytes as its ``size`` says."""

import json
import threading

#: What Python is started with: it reads the program from stdin. No quotes, since it stands in a shell's quotes.
BOOT = "import sys; source = sys.stdin.buffer.read(int(sys.stdin.buffer.readline())); exec(source, dict(SOURCE=source))"


class Failure(Exception):
    """Something to be told in one line; ``file`` is the checksum of the file that it is about."""

    def __init__(self, text, file=None):
        super().__init__(text)
        self.file = file


class Wire:
    """Lines of JSON with bytes behind them, both ways."""

    def __init__(self, reading, writing):
        self._reading, self._writing, self._lock = reading, writing, threading.Lock()

    def send(self, message, content=b""):
        """Sends one message."""
        with self._lock:
            self._writing.write(json.dumps(dict(message, size=len(content))).encode() + b"\n")
            self._writing.write(content)
            self._writing.flush()

    def receive(self):
        """The next message; ``EOFError`` where the other side is gone. Its bytes are to be read next."""
        line = self._reading.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        return json.loads(line.decode())

    def pieces(self, size):
        """Yields the bytes behind a message."""
        while size:
            piece = self._reading.read(min(size, 1 << 20))
            if not piece:
                raise EOFError
            size -= len(piece)
            yield piece
