"""Golden pictures and answers of a bundle, for a device to show that it computes what was computed here.

``golden/`` has five pictures for each size that files of the bundle take, and ``golden.json`` what the files answer to
them, as the output tensor stores it. The answers are LiteRT's on this machine, by ``example.py``'s own functions, which
``python example.py --self-test`` runs again on the device. What a compiler made of a file answers as the file does.

    for case in read_golden(folder, entry):        # one for each signature that takes pictures
        case.images                                # uint8 [5, H, W, C], raw pixels
        case.expected, case.tolerance              # as stored, [5, outputs]; in the same units
        case.faults(worker.predict(case.images))   # scores of a runner → a sentence, or None, for each picture
"""

import dataclasses
import json
import math
import re
from pathlib import Path

import numpy as np

from ..common.errors import EdgezooError
from ..common.files import copy, existing_file, read_small, write_text
from ..common.images import MOST_NUMBERS, resized
from ..common.quiet import quiet_stderr
from ..common.text import one_line
from ..inspection.graph import read_graphs
from ..inspection.pixels import Pixels
from ..runtime.quantization import dequantize, quantization_of
from ..runtime.scores import class_scores

GOLDEN = "golden"
DOCUMENT = f"{GOLDEN}/golden.json"
COUNT = 5
_FORMAT = {"format": "edgezoo golden", "format_version": 1}
#: Sides that a file of any size is tried at.
_SIDES = (32, 64, 128, 256)
#: Numbers in an output that are still listed.
_MOST_OUTPUTS = 1 << 16
_PICTURE = re.compile(rf"{GOLDEN}/[\w-]+\.png", re.ASCII)
_TYPES = ("float32", "uint8", "int8", "int16")
#: Of floats, how far they may be off: a share of the largest one, or of 1 if that is more, and why.
_EXACT = 1e-4, "float32: another processor adds in another order"
_HALF = 1e-2, "the device may compute in float16, which keeps 11 bits"
_DYNAMIC = 2e-2, "activations are quantized on the way, where each may fall on the neighbouring step of 256"
_OF_FORMATS = {"float16": _HALF, **dict.fromkeys(("dynamic", "int4_weights", "mixed"), _DYNAMIC)}
_STEP = "one step of the quantized output: another processor's kernels may round to the neighbouring integer"


@dataclasses.dataclass(frozen=True, eq=False)
class Case:
    """Golden answers of one file, or of one signature of it.

    Attributes:
        signature: its name, or ``None`` where the file has none.
        images: uint8 [n, H, W, C], raw pixels.
        expected: [n, outputs] in the output's type, as it is stored.
        tolerance: how far each number may be off, in the same units.
        scores: float32 [n, classes], ``expected`` as a runner's ``predict`` gives it.
        score_tolerance: of those.
    """

    signature: str | None
    images: np.ndarray
    expected: np.ndarray
    tolerance: float
    scores: np.ndarray
    score_tolerance: float

    def faults(self, scores):
        """What is wrong with scores, float32 [n, classes], that a runner gives for ``images``.

        Returns:
            A sentence for each image, or ``None`` where its scores are the expected ones.
        """
        from .example import difference

        # Integers one step apart are not exactly a step apart once they are real numbers.
        tolerance = 1.001 * self.score_tolerance
        return [difference(*pair, tolerance) for pair in zip(np.asarray(scores), self.scores, strict=True)]


class Golden:
    """The golden pictures and answers of an export, in its staging folder.

    Args:
        folder: ``Path``; what is there of an earlier export (``carry``) is used again.
        samples: ``Calibration`` that pictures are taken of, or ``None`` for noise.
        pixels: ``Pixels`` that the files take; ``None`` for raw ones.
    """

    def __init__(self, folder, samples=None, pixels=None):
        self.folder, self._samples, self._pixels = folder, samples, (pixels or Pixels()).row()
        self._sets, self._answers = {}, {}

    def carry(self, bundle, checksums):
        """Takes over what a bundle has.

        Args:
            bundle: ``Path`` of its folder.
            checksums: name → SHA-256 of its files that are unchanged.

        Returns:
            The answers that are there, rows of ``golden.json``.
        """
        if DOCUMENT not in checksums:
            return []
        try:
            document = _read(bundle)
        except EdgezooError:  # not of our making
            return []
        sound = {key: row for key, row in document["sets"].items() if set(row["images"]) <= checksums.keys()}
        for key, row in sound.items():
            for name in row["images"]:
                copy(bundle / name, self.folder / name)
            self._sets[key] = row
        return [row for row in document["answers"] if row["set"] in sound]

    def take(self, path, scheme, name=None):
        """Runs pictures through a file, each of its signatures.

        Args:
            path: ``.tflite`` file of our own making, which runs.
            scheme: name of its number format.
            name: what it is called in its bundle; by default as it is.

        Returns:
            Rows for ``golden.json``, without tolerances for devices that compute otherwise; none of a file that takes
            or gives something else than one picture and one tensor.
        """
        if path not in self._answers:
            with quiet_stderr():
                self._answers[path] = list(self._taken(path, scheme))
        return [{"file": name or Path(path).name, **row} for row in self._answers[path]]

    def _taken(self, path, scheme):
        from . import example

        for signature, infer in example.open_model(Path(path).absolute()).items():
            shape = example.image_shape(infer)
            if shape is None or len(infer.get_output_details()) != 1:
                continue
            for small in _SIDES if -1 in shape else (None,):
                key = self._set(tuple(side if side > 0 else small for side in shape))
                try:
                    expected = np.stack([self._answer(infer, shape, name) for name in self._sets[key]["images"]])
                except RuntimeError:  # too small for a network without padding
                    continue
                break
            else:
                continue
            if expected.shape[1] <= _MOST_OUTPUTS and np.isfinite(expected).all():
                yield {
                    "signature": signature,
                    "set": key,
                    "dtype": expected.dtype.name,
                    "expected": [[_number(value) for value in row] for row in expected],
                    **_tolerance(expected, scheme, _graph(path, signature)),
                }

    def _answer(self, infer, shape, name):
        from . import example

        pixels = example.read_pixels(self.folder / name, *shape)
        return example.feed(infer, pixels, self._pixels).ravel()

    def _set(self, shape):
        """Key of the pictures of a shape (height, width, channels), which are there afterwards."""
        from PIL import Image

        from .example import MODES

        key = "x".join(map(str, shape))
        if key not in self._sets:
            images, source = pictures(shape, self._samples)
            names = [f"{GOLDEN}/{key}-{number}.png" for number in range(len(images))]
            (self.folder / GOLDEN).mkdir(parents=True, exist_ok=True)
            for name, image in zip(names, images, strict=True):
                Image.fromarray(image.squeeze(-1) if shape[2] == 1 else image, MODES[shape[2]]).save(self.folder / name)
            self._sets[key] = {"shape": list(shape), "images": names, "source": source}
        return key

    def write(self, bundle, answers, halves=False):
        """Writes pictures and ``golden.json`` of a bundle.

        Args:
            bundle: ``Path`` of its folder.
            answers: rows of ``take`` and ``carry``; without any, nothing is written.
            halves: whether its device may compute in float16, whatever the file has.

        Returns:
            Names of the files, in the bundle.
        """
        if not answers:
            return []
        if (bundle / GOLDEN).is_symlink():
            raise EdgezooError(f"{bundle / GOLDEN} is a link; remove it.")
        sets = {row["set"]: self._sets[row["set"]] for row in answers}
        names = [name for row in sets.values() for name in row["images"]]
        for name in names:
            copy(self.folder / name, bundle / name)
        if halves:
            answers = [max(row, {**row, **_of_floats(row["expected"], *_HALF)}, key=_tolerated) for row in answers]
        text = json.dumps({**_FORMAT, "sets": sets, "answers": answers}, indent=2, ensure_ascii=False)
        numbers = re.compile(r"\[\s+([^][{}\"]*?)\s+\]")  # a list on one line
        write_text(bundle / DOCUMENT, numbers.sub(lambda found: f"[{' '.join(found[1].split())}]", text) + "\n")
        return [*names, DOCUMENT]


def is_golden(name):
    """Whether a file of a bundle is called as those of ``golden`` are."""
    return name == DOCUMENT or bool(_PICTURE.fullmatch(name))


def pictures(shape, samples=None):
    """Golden pictures.

    Args:
        shape: (height, width, channels).
        samples: ``Calibration``, or ``None``.

    Returns:
        ``(images, source)``: uint8 [n, H, W, C], and where they are from, in words. They are the first of these samples
        of each class, class by class, and the second ones where there are fewer classes than pictures; without samples
        that fit they are noise of five by five points, smoothed.
    """
    if samples is not None and samples.images.shape[3] in (1, shape[2]):
        labels = samples.labels if samples.labels is not None else np.arange(len(samples.images))
        earlier = [np.count_nonzero(labels[:place] == label) for place, label in enumerate(labels)]
        chosen = np.lexsort((labels, earlier))[:COUNT]
        source = f"{samples.record.get('dataset', 'calibration')} images"
        if indices := samples.record.get("indices"):
            source += f" {', '.join(str(indices[place]) for place in chosen)}"
        if split := samples.record.get("split"):
            source += f" of the split {split}"
        images = resized(samples.images[chosen], shape[:2])
        return np.broadcast_to(images, (*images.shape[:3], shape[2])), source  # gray, for a file that takes colours
    noise = np.random.default_rng(0).integers(0, 256, (COUNT, 5, 5, shape[2]), np.uint8)
    return resized(noise, shape[:2]), "smooth noise: the export had no images"


def read_golden(folder, entry):
    """Golden pictures and answers of a file; of strangers, too.

    Args:
        folder: the bundle.
        entry: the manifest's record of the file, or any ``{"file": NAME}``.

    Returns:
        Tuple of ``Case``, one for each signature; empty where the bundle has none for the file.

    Raises:
        EdgezooError: they are damaged, or the file is.
    """
    folder = Path(folder)
    if not (folder / DOCUMENT).exists():
        return ()
    document = _read(folder)
    rows = [row for row in document["answers"] if row["file"] == entry["file"]]
    return tuple(_case(folder, row, document["sets"][row["set"]]) for row in rows)


def _case(folder, row, pictures):
    images = np.stack([_picture(folder / name, pictures["shape"]) for name in pictures["images"]])
    expected = np.array(row["expected"], row["dtype"])
    graph = _graph(folder / row["file"], row["signature"])
    scale, zero_point = quantization_of(graph.tensors[graph.outputs[0]])
    scores = class_scores(dequantize(expected, scale, zero_point), graph)
    tolerance = row["tolerance"]
    return Case(row["signature"], images, expected, tolerance, scores, tolerance * (scale or 1))


def _picture(path, shape):
    """uint8 [H, W, C] of a golden picture, which has that shape."""
    from PIL import Image

    from .example import MODES

    height, width, channels = shape
    try:
        if path.parent.is_symlink() or path.is_symlink():
            raise ValueError("it is a link")
        existing_file(path)
        with Image.open(path, formats=("PNG",)) as image:
            if (image.size, image.mode) == ((width, height), MODES[channels]):
                return np.asarray(image).reshape(shape)
            found = f"it has {image.width}×{image.height} pixels of {image.mode}"
    except Exception as error:  # Pillow raises whatever its parts raise
        found = one_line(error, 200)
    raise EdgezooError(f"{path} is not the golden picture that {DOCUMENT} tells of: {found}.")


def _read(folder):
    """``golden.json`` of a bundle, of sound form."""
    path = Path(folder, DOCUMENT)
    try:
        document = json.loads(read_small(path).decode(), parse_constant=_no_number)
        for key, row in document["sets"].items():
            *_, channels = row["shape"]
            _require(len(row["shape"]) == 3, f"shape of {key}")
            _require(all(type(side) is int and side > 0 for side in row["shape"]), f"shape of {key}")
            _require(math.prod(row["shape"]) <= MOST_NUMBERS and channels in (1, 3, 4), f"shape of {key}")
            _require(0 < len(row["images"]) <= 100, f"number of pictures of {key}")
            _require(all(_PICTURE.fullmatch(name) for name in row["images"]), f"names of pictures of {key}")
        for row in document["answers"]:
            count = len(document["sets"][row["set"]]["images"])
            _require(isinstance(row["file"], str) and isinstance(row["signature"], str | None), "file of answers")
            _require(row["dtype"] in _TYPES, "type of answers")
            expected = np.array(row["expected"], row["dtype"])
            _require(expected.ndim == 2 and len(expected) == count and expected.size, "number of answers")
            _require(np.isfinite(expected).all(), "answers")
            _require(isinstance(row["tolerance"], int | float) and 0 <= row["tolerance"] < math.inf, "tolerance")
        return document
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise EdgezooError(f"{path} is damaged: {one_line(error, 200)}.") from error


def _require(sound, what):
    if not sound:
        raise ValueError(f"the {what} cannot be right")


def _no_number(text):
    raise ValueError(f"{text} is no number")


def _graph(path, signature):
    """The graph of a file behind one of its signatures."""
    graphs = read_graphs(path).values()
    return next((each for each in graphs if signature in each.signatures), next(iter(graphs)))


def _tolerance(expected, scheme, graph):
    if expected.dtype.kind != "f":
        return {"tolerance": 1, "why": _STEP}
    last = next((each for each in graph.operators if each.outputs[0] == graph.outputs[0]), None)
    if last and last.op == "DEQUANTIZE" and (scale := graph.tensors[last.inputs[0]].scale):
        return {"tolerance": 1.001 * scale[0], "why": _STEP}
    return _of_floats(expected, *_OF_FORMATS.get(scheme, _EXACT))


def _of_floats(expected, share, why):
    return {"tolerance": share * max(1.0, float(np.abs(expected).max())), "why": why}


def _tolerated(row):
    return row["tolerance"]


def _number(value):
    """A number of NumPy's for JSON, of a float no more digits than it has."""
    return float(str(value)) if isinstance(value, np.floating) else value.item()
