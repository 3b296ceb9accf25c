"""Mixed files of one network, one after another, in a process of their own that reads the ranges once."""

from pathlib import Path

from ..common.child import Child, ChildDied, serve
from ..common.errors import EdgezooError
from ..inspection.pixels import Pixels


class Mixer:
    """Makes int8 files of a float file, in which some operators are in other precisions; to be used in a ``with``.

    Args:
        path: float ``.tflite`` file.
        images: calibration images, uint8 [n, H, W, C].
        pixels: ``Pixels`` that it takes.
        io: type of input and output, an item of ``IO_TYPES``.
        estimator: key of ``ESTIMATORS``; ``None`` for the simplest.

    Raises:
        EdgezooError: from here and from ``make``, if the file cannot be quantized.
    """

    def __init__(self, path, images, pixels, io, estimator=None):
        self._child = Child(__spec__.name)
        try:
            request = {"path": str(path), "pixels": pixels.row(), "io": io, "estimator": estimator}
            self._ask({"do": "read", **request}, images)
        except BaseException:
            self._child.close()
            raise

    def make(self, choices, output):
        """Writes a file.

        Args:
            choices: name of the first tensor that an operator writes → its precision, as for ``quantized``.
            output: path.
        """
        self._ask({"do": "make", "choices": choices, "output": str(output)})

    def _ask(self, request, array=None):
        try:
            self._child.ask(request, array)
        except ChildDied as death:
            raise EdgezooError(f"the quantizer {death}.") from death

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._child.close()


class _Server:
    """The child's side."""

    def __call__(self, request, array):
        from .quantizing import quantized

        match request["do"]:
            case "read":
                self._read(array, *(request[key] for key in ("path", "pixels", "io", "estimator")))
            case "make":
                content = quantized(self._content, "int8", request["choices"], self._ranges, io=self._io)
                Path(request["output"]).write_bytes(content)
        return {}

    def _read(self, images, path, pixels, io, estimator):
        from .converter_process import full_range
        from .ranges import ranges_of
        from .schemes import Source

        self._content, self._io = Path(path).read_bytes(), io
        source = Source(Path(path).parent, io, full_range(images.copy()), Pixels.of_row(pixels))
        self._ranges = ranges_of(self._content, source.representative, estimator or "minmax")


if __name__ == "__main__":
    serve(_Server())
