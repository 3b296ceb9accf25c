"""Classifies pictures, folders of pictures or what the camera sees with a model of this bundle.

Each answer is a line: the best class, its score, and the time from pixels to scores. Needs LiteRT and NumPy, for files
Pillow, for the camera picamera2: pip install ai-edge-litert numpy pillow
"""

import argparse
import ctypes
import itertools
import json
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np
from example import (
    BUNDLE,
    class_names,
    gist,
    image_shape,
    nearest,
    open_model,
    read_json,
    read_pixels,
    scores_of,
)

SUFFIXES = {".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
#: The Edge TPU's library, and how its compiler ends the name of what it makes of a file.
EDGE_TPU, COMPILED = "libedgetpu.so.1", "_edgetpu.tflite"
#: Seconds between two looks at a folder.
PAUSE = 0.3
#: Shorter side of the camera's frames, at least; for models of any size, that of theirs.
FRAME, ANY_SIZE = 240, 224


def main():
    options = read_options()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # as of any program whose reader goes away
    manifest = read_json("manifest.json")
    model, delegate = choose(manifest, options.model, options.delegate)
    runners = list(open_model(model, delegate, options.threads).values())
    shape = image_shape(runners[0])
    if shape is None:
        sys.exit(f"{model} takes something else than one picture.")
    note(f"{model} {f'with {delegate}' if delegate else 'on the CPU'}")

    find = watched if options.watch else listed
    seen = frames(*shape) if options.camera else find(options.pictures)
    failed = False
    for picture in itertools.islice(seen, options.count):
        try:
            row = answer(picture, runners, manifest)
            print(json.dumps(row) if options.json else printable(line(row)), flush=True)
        except Exception as error:  # each of Pillow's decoders has its own way to say that a file is damaged
            note(f"{'a frame' if options.camera else picture} cannot be classified: {gist(error)}")
            failed = True
        time.sleep(options.every)
    sys.exit(1 if failed else 0)


def answer(picture, runners, manifest):
    """What the model says of a file, or of a frame of the camera."""
    if isinstance(picture, Path):
        infer = nearest(runners, picture)
        pixels = read_pixels(picture, *image_shape(infer), manifest["preprocessing"]["fit"])
    else:
        infer, pixels = runners[0], picture
    start = time.perf_counter()
    scores = scores_of(infer, pixels, manifest)
    milliseconds = (time.perf_counter() - start) * 1000
    best = int(np.argmax(scores))
    return {
        "picture": str(picture) if isinstance(picture, Path) else None,
        "class": best,
        "label": class_names(manifest, len(scores))[best],
        "score": float(scores[best]),
        "ms": milliseconds,
    }


def line(row):
    """An answer for people."""
    text = f"{row['score']:6.3f}  {row['label']}  {row['ms']:.2f} ms"
    return f"{text}  {row['picture']}" if row["picture"] else text


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("pictures", nargs="*", metavar="PICTURE|FOLDER")
    parser.add_argument("--camera", action="store_true", help="what the Raspberry Pi's camera sees, by picamera2")
    parser.add_argument("--watch", action="store_true", help="go on with pictures that are added or changed")
    parser.add_argument("--model", help="a file of this bundle; else the first, compiled where an Edge TPU can be used")
    parser.add_argument("--delegate", metavar="LIBRARY", help=f"for a compiled file it is {EDGE_TPU}")
    parser.add_argument("--threads", type=positive, metavar="N", help="of the CPU")
    parser.add_argument("--count", type=positive, metavar="N", help="stop after so many pictures")
    parser.add_argument("--every", type=seconds, default=0, metavar="SECONDS", help="pause between two pictures")
    parser.add_argument("--json", action="store_true", help="a JSON object a line")
    options = parser.parse_args()
    if options.camera == bool(options.pictures):
        parser.error("name pictures or folders, or --camera")
    return options


def positive(text):
    if int(text) < 1:
        raise ValueError
    return int(text)


def seconds(text):
    if not 0 <= float(text) < threading.TIMEOUT_MAX:
        raise ValueError
    return float(text)


def choose(manifest, model, delegate):
    """The file and the delegate that run, ``None`` for the CPU."""
    plain = manifest["models"][0]["file"]
    compiled = f"{Path(plain).stem}{COMPILED}"
    if model is None:
        model = compiled if (BUNDLE / compiled).is_file() else plain
        if model == compiled and not delegate and (why := missing(EDGE_TPU)):
            note(f"{why}; on the CPU until then")
            model = plain
    if model.endswith(COMPILED):
        delegate = delegate or EDGE_TPU
    if delegate and (why := missing(delegate)):
        sys.exit(why)
    return model, delegate


def missing(library):
    """What is wrong with a library, and what to do; ``None`` if it loads."""
    try:
        ctypes.CDLL(library)
        return None
    except OSError as error:
        remedy = "apt install libedgetpu1-std, from Coral" if "edgetpu" in library else "install it"
        return f"{library} cannot be loaded: {gist(error).removeprefix(f'{library}: ')}; {remedy}"


def watched(paths):
    """The pictures that are there, are added or change, once they rest, without end."""
    known, done = {}, {}
    while True:
        now = {path: state(path) for path in listed(paths)}
        for path, found in now.items():
            if found == known.get(path) and found != done.get(path):
                done[path] = found
                yield path
        known, done = now, {path: found for path, found in done.items() if path in now}
        time.sleep(PAUSE)


def listed(paths):
    """Files, and the pictures in folders."""
    for path in map(Path, paths):
        if path.is_dir():
            yield from sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
        else:
            yield path


def state(path):
    """What changes when a file does; ``None`` where there is none."""
    try:
        stat = path.stat()
        return stat.st_mtime_ns, stat.st_size
    except OSError:
        return None


def frames(height, width, channels):
    """What the camera sees, raw pixels [1, H, W, C], without end."""
    try:
        from picamera2 import Picamera2
    except ImportError as error:
        sys.exit(
            f"the camera needs picamera2 ({gist(error)}): apt install python3-picamera2, "
            "and make the environment with --system-site-packages"
        )
    height, width = (side if side > 0 else ANY_SIZE for side in (height, width))
    larger = -(-FRAME // min(height, width))
    even = [
        side * larger // 2 * 2 for side in (width, height)
    ]  # the shape of the model's input, so nothing is distorted
    try:
        camera = Picamera2()
        # picamera2 names formats from the last byte to the first: these are red, green, blue.
        camera.configure(camera.create_video_configuration(main={"format": "BGR888", "size": tuple(even)}))
        camera.start()
    except (RuntimeError, IndexError, OSError) as error:
        sys.exit(f"the camera cannot be used: {gist(error)}; is one connected, and does `rpicam-hello` find it?")
    try:
        while True:
            yield fitted(camera.capture_array(), height, width, channels)
    finally:
        camera.close()


def fitted(frame, height, width, channels):
    """A frame, uint8 [H, W, 3], as ``read_pixels`` gives a picture of it: float32 [1, height, width, channels]."""
    pixels = frame.astype(np.float32)
    if channels == 1:
        pixels = np.round(pixels @ np.array([[0.299], [0.587], [0.114]], np.float32))
    pixels = np.einsum(
        "yh,xw,hwc->yxc", bilinear(len(frame), height), bilinear(frame.shape[1], width), pixels, optimize=True
    )
    if channels == 4:
        pixels = np.concatenate([pixels, np.full((height, width, 1), 255)], axis=-1)
    return np.round(pixels).astype(np.float32)[None]


def bilinear(size, target):
    """The weight of each old pixel in each new one, [target, size], with Pillow's antialiasing bilinear filter."""
    centers = (np.arange(target) + 0.5)[:, None] * size / target
    weights = np.maximum(0, 1 - np.abs(np.arange(size) + 0.5 - centers) / max(1, size / target))
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def printable(text):
    """Text for a terminal, whatever a label or the name of a file holds."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def note(text):
    print(printable(text), file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
