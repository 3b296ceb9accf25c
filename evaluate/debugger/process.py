"""What runs the two files, which can abort a process: ``python -m edgezoo.evaluate.debugger.process``."""

from pathlib import Path

from ...common import child
from ...common.child import Child, ChildDied, serve
from ...common.errors import EdgezooError
from ...inspection.pixels import Pixels

#: Images that go to the child at a time, and the seconds that each of them may take.
BATCH, _SLOWEST = 8, 30


def compared(paths, pixels, image_size, pairs, batches):
    """Runs two files on images in a child process.

    Args:
        paths, pixels: of the quantized and of the float file, as for ``comparing.Comparison``.
        image_size, pairs: as there.
        batches: yields raw pixels, uint8 [n, H, W, C].

    Returns:
        Of each pair what ``Comparison.rows`` says.

    Raises:
        EdgezooError: a file cannot be run, or ends the child.
    """
    with Child(__spec__.name) as process:
        try:
            setup = {
                "paths": [str(path) for path in paths],
                "pixels": [each.row() for each in pixels],
                "image_size": image_size,
                "pairs": pairs,
            }
            process.ask({"do": "load", **setup}, None, child.PATIENCE)
            for images in batches:
                process.ask({"do": "add"}, images, child.PATIENCE + _SLOWEST * len(images))
            return process.ask({"do": "rows"}, None, child.PATIENCE)[0]["rows"]
        except ChildDied as death:
            names = " and ".join(map(str, paths))
            raise EdgezooError(f"{names} cannot be compared: the process that ran them {death}.") from death


class _Server:
    """The child's side."""

    def __call__(self, request, array):
        match request["do"]:
            case "load":
                from .comparing import Comparison

                quantized, reference = map(Path, request["paths"])
                pixels = [Pixels.of_row(row) for row in request["pixels"]]
                self._comparison = Comparison(quantized, reference, pixels, request["image_size"], request["pairs"])
            case "add":
                self._comparison.add(array)
            case "rows":
                return {"rows": self._comparison.rows()}
        return {}


if __name__ == "__main__":
    serve(_Server())
