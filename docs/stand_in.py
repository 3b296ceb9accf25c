"""Draws fruit on tables: a stand-in for a folder of your own photographs, with a folder for each class."""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIDE = 48
FRUIT = {"apple": ((190, 60, 50), 1.0), "lemon": ((205, 180, 60), 1.4), "plum": ((120, 60, 110), 1.2)}  # colour, length


def photograph(colour, length, rng):
    """One fruit, turned, lit and blurred at random; drawn four times as large and reduced."""
    n = 4 * SIDE
    wall, table = rng.integers(60, 220, (2, 3)).tolist()
    colour = np.clip(rng.normal(colour, 28), 0, 255).astype(int)
    scene = Image.new("RGB", (n, n), tuple(wall))
    ImageDraw.Draw(scene).rectangle((0, int(rng.integers(n // 4, n // 2)), n, n), fill=tuple(table))

    x, y = rng.integers(n // 3, 2 * n // 3, 2).tolist()
    r = int(rng.integers(n // 8, n // 5))
    fruit = Image.new("RGBA", (n, n))
    draw = ImageDraw.Draw(fruit)
    draw.ellipse((x - length * r, y - r, x + length * r, y + r), fill=tuple(colour.tolist()))
    draw.ellipse((x - r // 2, y - r // 2, x, y - r // 8), fill=tuple(np.minimum(colour + 60, 255).tolist()))
    fruit = fruit.rotate(rng.uniform(0, 360), center=(x, y))
    scene.paste(fruit, mask=fruit)

    scene = scene.filter(ImageFilter.GaussianBlur(rng.uniform(0, 8))).resize((SIDE, SIDE), Image.Resampling.BOX)
    pixels = np.asarray(scene) * rng.uniform(0.6, 1.1) + rng.normal(0, 8, (SIDE, SIDE, 3))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--each", type=int, default=100, help="pictures of each fruit (default: 100)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    for name, (colour, length) in FRUIT.items():
        (options.folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(options.each):
            photograph(colour, length, rng).save(options.folder / name / f"{number:03}.jpg", quality=90)
