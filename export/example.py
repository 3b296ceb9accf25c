"""Classifies a picture with a model of this bundle: python example.py PICTURE [MODEL.tflite]

Needs LiteRT, NumPy and Pillow and nothing else: pip install ai-edge-litert numpy pillow
"""

import json
import sys
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

BUNDLE = Path(__file__).resolve().parent


def main(picture, model=None):
    manifest = json.loads((BUNDLE / "manifest.json").read_text(encoding="utf-8"))
    interpreter = Interpreter(model_path=str(BUNDLE / (model or manifest["models"][0]["file"])))
    infer = interpreter.get_signature_runner()
    (input_name, tensor), *more = infer.get_input_details().items()
    if more:
        sys.exit("This model takes more than one input; the example feeds one picture.")

    # The model rescales by itself: it takes raw pixels. A side of -1 takes any size, here the picture's own.
    image = Image.open(picture).convert({1: "L", 3: "RGB", 4: "RGBA"}[tensor["shape"][-1]])
    _, height, width, _ = tensor["shape_signature"]
    if height > 0 and width > 0:
        image = image.resize((width, height))
    pixels = np.asarray(image, np.float32).reshape(1, image.height, image.width, -1)

    (scores,) = infer(**{input_name: quantize(pixels, tensor)}).values()
    (output,) = infer.get_output_details().values()
    scores = dequantize(scores, output).ravel()

    names = [str(index) for index in range(len(scores))]
    if "labels.txt" in manifest["files"]:
        names = (BUNDLE / "labels.txt").read_text(encoding="utf-8").removesuffix("\n").split("\n")
    for index in np.argsort(-scores)[:3]:
        print(f"{scores[index]:6.3f}  {names[index]}")


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


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
