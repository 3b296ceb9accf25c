"""Classifies a picture with a model of this bundle: python example.py PICTURE [MODEL.tflite [DELEGATE.so]]

On a device, python example.py --self-test [MODEL.tflite [DELEGATE.so]] holds the answers to the pictures in golden/
against those that the bundle was made with.

Needs LiteRT, NumPy and Pillow and nothing else: pip install ai-edge-litert numpy pillow
"""

import ctypes
import json
import sys
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter, load_delegate

try:
    from PIL import Image, ImageOps
except ImportError:  # a camera's pictures need none of it
    Image = None

BUNDLE = Path(__file__).resolve().parent
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
MODES = {1: "L", 3: "RGB", 4: "RGBA"}
SQUASH = {"kind": "squash"}


def main(picture, model=None, delegate=None):
    manifest = read_json("manifest.json")
    model = model or manifest["models"][0]["file"]
    infer = nearest(list(open_model(model, delegate).values()), picture)
    shape = image_shape(infer)
    if shape is None:
        sys.exit(f"{model} takes something else than one picture, which is all that the example feeds.")

    try:
        pixels = read_pixels(picture, *shape, manifest["preprocessing"]["fit"])
    except Exception as error:  # each of Pillow's decoders has its own way to say that a file is damaged
        sys.exit(f"{picture} cannot be read: {gist(error)}")
    try:
        scores = scores_of(infer, pixels, manifest)
    except RuntimeError as error:
        sys.exit(f"{model} does not take {pixels.shape[1]}×{pixels.shape[2]} pixels: {gist(error)}")
    names = class_names(manifest, len(scores))
    for index in np.argsort(-scores)[:3]:
        print(f"{scores[index]:6.3f}  {names[index]}")


def self_test(model=None, delegate=None):
    manifest, golden = read_json("manifest.json"), read_json("golden/golden.json")
    files = [Path(model).name] if model else [each["file"] for each in manifest["models"]]
    answers = [each for each in golden["answers"] if each["file"] in files]
    if not answers:
        sys.exit(f"golden/golden.json has no answers of {' and '.join(files)}.")
    wrong = count = 0
    for answer in answers:
        runners = open_model(answer["file"], delegate)
        infer = runners.get(answer["signature"]) or next(iter(runners.values()))  # a compiler may have dropped it
        for name, expected in zip(golden["sets"][answer["set"]]["images"], answer["expected"], strict=True):
            pixels = read_pixels(BUNDLE / name, *image_shape(infer), manifest["preprocessing"]["fit"])
            got = feed(infer, pixels, manifest["preprocessing"]["pixels"]).ravel()
            fault = difference(got, np.array(expected), answer["tolerance"])
            print(f"{answer['file']}  {name}  {fault or 'ok'}")
            count, wrong = count + 1, wrong + bool(fault)
    if wrong:
        sys.exit(f"{wrong} of {count} answers are not the expected ones, by more than golden/golden.json allows.")


def difference(got, expected, tolerance):
    """What is wrong with an answer, or None where each number is within the tolerance, and the class but for a tie."""
    if got.shape != expected.shape:
        return f"expected {expected.size} numbers, got {got.size}"
    got, expected = got.astype(np.float64), expected.astype(np.float64)
    off = np.abs(got - expected)
    worst, best, answer = off.argmax(), expected.argmax(), got.argmax()
    if not np.all(off <= tolerance):  # nor where there is NaN
        return f"expected {expected[worst]:g} at {worst}, got {got[worst]:g}"
    return f"expected class {best}, got {answer}" if expected[best] - expected[answer] > tolerance else None


def read_json(name):
    try:
        return json.loads((BUNDLE / name).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        sys.exit(f"{name} cannot be read: {gist(error)}")


def open_model(model, delegate=None, threads=None):
    """Name of a signature → what runs it; of a file without any, the name is None."""
    try:
        if delegate:
            ctypes.CDLL(delegate)  # says what is wrong with the library
        delegates = [load_delegate(delegate)] if delegate else []
        interpreter = Interpreter(model_path=str(BUNDLE / model), experimental_delegates=delegates, num_threads=threads)
        names = list(interpreter.get_signature_list())
        return {name: interpreter.get_signature_runner(name) for name in names} or {None: Unsigned(interpreter)}
    except (ValueError, RuntimeError, OSError) as error:
        sys.exit(f"{model} cannot be read{f' with {delegate}' if delegate else ''}: {gist(error)}")


def image_shape(infer):
    """(height, width, channels) of the one picture that a model takes, -1 for any; None if it takes something else."""
    ((_, *shape), *more) = (tensor["shape_signature"] for tensor in infer.get_input_details().values())
    return None if more or len(shape) != 3 or shape[2] not in MODES else tuple(map(int, shape))


def scores_of(infer, pixels, manifest):
    """The score of each class for raw pixels, as a real number."""
    stored = feed(infer, pixels, manifest["preprocessing"]["pixels"])
    (output,) = infer.get_output_details().values()
    scores = dequantize(stored, output).ravel()
    if scores.size == 1:  # of two classes, that of the second one
        name = manifest["models"][0]["outputs"][0]["name"]
        second = scores[0] if name == "probabilities" else 1 / (1 + np.exp(-scores[0]))
        scores = np.array([1 - second, second])
    return scores


def class_names(manifest, count):
    """The name of each class, or its number."""
    if "labels.txt" in manifest["files"]:
        return (BUNDLE / "labels.txt").read_text(encoding="utf-8").removesuffix("\n").split("\n")
    return [str(index) for index in range(count)]


def feed(infer, pixels, rules):
    """A model's one output for raw pixels, as it is stored."""
    ((name, tensor),) = infer.get_input_details().items()
    (stored,) = infer(**{name: quantize(in_range(pixels, **rules), tensor)}).values()
    return stored


class Unsigned:
    """Runs a file without signatures, such as one compiled for an Edge TPU, as a signature's runner does."""

    def __init__(self, interpreter):
        self.interpreter = interpreter
        interpreter.allocate_tensors()

    def get_input_details(self):
        return {detail["name"]: detail for detail in self.interpreter.get_input_details()}

    def get_output_details(self):
        return {detail["name"]: detail for detail in self.interpreter.get_output_details()}

    def __call__(self, **values):
        for name, detail in self.get_input_details().items():
            self.interpreter.set_tensor(detail["index"], values[name])
        self.interpreter.invoke()
        return {
            name: self.interpreter.get_tensor(detail["index"]) for name, detail in self.get_output_details().items()
        }


def nearest(runners, picture):
    """The signature, of a file that has one for each of several sizes, whose size is the nearest to the picture's."""
    if len(runners) == 1:
        return runners[0]
    try:
        with opened(picture) as image:
            sides = sorted(image.size)
    except Exception as error:  # as in main
        sys.exit(f"{picture} cannot be read: {gist(error)}")

    def distance(runner):
        (tensor, *_) = runner.get_input_details().values()
        return sum(abs(have - want) for have, want in zip(sides, sorted(tensor["shape"][1:3]), strict=False))

    return min(runners, key=distance)


def read_pixels(picture, height, width, channels, fit=SQUASH):
    """The picture as the model was trained on pictures: raw pixels, float32 [1, H, W, C].

    Upright, 8 bits, transparency over white; squashed to the size asked for, cropped in the middle or padded, as the
    manifest tells, with a bilinear, antialiasing filter. A height or width of -1 takes any size, here the picture's
    own.
    """
    with opened(picture) as image:
        # A large JPEG is decoded faster at an eighth of its size, as long as that is enough.
        if height > 0 and width > 0:
            image.draft(None, (2 * max(height, width),) * 2)
        if image.format == "TIFF":  # Pillow 13 would map an uncompressed one into memory with its sides exchanged
            image.filename = ""
        image = ImageOps.exif_transpose(image)
    if image.mode in ("F", "I") and not fits_16_bits(image):
        raise ValueError("its pixels have 32 bits; save it with 8 or 16")
    if image.mode.startswith("I"):  # 16-bit gray, of which Pillow's own conversion would cut off all above 255
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if channels < 4:
        if image.has_transparency_data:
            white = Image.new("RGBA", image.size, "white")
            image = Image.alpha_composite(white, image.convert("RGBA"))
        image = image.convert("L" if image.mode in ("1", "L") else "RGB")
    image = image.convert(MODES[channels])
    size = (width if width > 0 else image.width, height if height > 0 else image.height)
    if image.size != size:  # band by band, since Pillow would weight the colours of RGBA by its alpha
        border = fit.get("border", [0])
        bands = [fitted(band, size, fit["kind"], border[at % len(border)]) for at, band in enumerate(image.split())]
        image = Image.merge(image.mode, bands)
    return np.asarray(image, np.float32).reshape(1, image.height, image.width, channels)


def fitted(band, size, kind, border):
    """One band of a picture in another size, (width, height)."""
    part = largest(size, band.size) if kind == "crop" else band.size
    left, top = margins(part, band.size)
    place = largest(part, size) if kind == "pad" else size
    middle = band.crop((left, top, left + part[0], top + part[1])).resize(place, Image.Resampling.BILINEAR)
    whole = Image.new("L", size, border)
    whole.paste(middle, margins(place, size))
    return whole


def largest(proportions, within):
    """The largest rectangle of some proportions in another one, (width, height) in whole pixels."""
    (wide, high), (width, height) = proportions, within
    if width * high > height * wide:
        return max(1, (2 * height * wide + high) // (2 * high)), height
    return width, max(1, (2 * width * high + wide) // (2 * wide))


def margins(part, whole):
    """What is left of and above a part in the middle of a whole, both (width, height)."""
    return (whole[0] - part[0]) // 2, (whole[1] - part[1]) // 2


def opened(picture):
    if Image is None:
        raise ImportError("this Python lacks Pillow; pip install pillow")
    return Image.open(picture, formats=FORMATS)


def fits_16_bits(image):
    """Whether the numbers of a 32-bit picture are those of a 16-bit one, as Pillow reads some."""
    low, high = image.getextrema()
    return image.mode == "I" and 0 <= low <= high <= 0xFFFF


def in_range(pixels, mean, std, **_):
    """Raw pixels in the range that the model takes them in, as the manifest tells it; of a single number for all."""
    return (pixels - np.array(mean, np.float32)) / np.array(std, np.float32)


def quantize(values, tensor):
    """Real numbers as the tensor stores them. Without a scale it stores them as they are."""
    scale, zero_point = tensor["quantization"]
    if scale:
        limits = np.iinfo(tensor["dtype"])
        values = np.clip(np.round(values / scale) + zero_point, limits.min, limits.max)
    return values.astype(tensor["dtype"])


def dequantize(stored, tensor):
    """The real numbers behind what the tensor stores."""
    scale, zero_point = tensor["quantization"]
    return (stored.astype(np.float32) - zero_point) * scale if scale else stored


def gist(error):
    """What an error says, on one line."""
    return " ".join(str(error).split()) or type(error).__name__


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if arguments[:1] == ["--self-test"] and len(arguments) <= 3:
        self_test(*arguments[1:])
    elif 1 <= len(arguments) <= 3 and not arguments[0].startswith("-"):
        main(*arguments)
    else:
        sys.exit(__doc__)
