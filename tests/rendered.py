"""Images with a known truth, rendered from a seed: no test depends on a download."""

import numpy as np

CLASSES = ("horizontal", "vertical", "disc", "frame")


def shapes(n, side=24, channels=1, seed=0):
    """``n`` noisy images of stripes, discs and frames.

    Returns:
        ``(images, labels)``: uint8 ``[n, side, side, channels]`` and int64 ``[n]``, classes in turn.
    """
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % len(CLASSES)
    rows, columns = np.mgrid[:side, :side]
    images = np.empty((n, side, side, channels), "uint8")
    for index, label in enumerate(labels):
        period, phase = rng.integers(4, 7), rng.integers(0, 6)
        radius = rng.uniform(0.2, 0.4) * side
        row, column = rng.uniform(0.4, 0.6, 2) * side
        distance = np.maximum(abs(rows - row), abs(columns - column))
        mask = (
            (rows + phase) % period < period / 2,
            (columns + phase) % period < period / 2,
            np.hypot(rows - row, columns - column) < radius,
            (distance < radius) & (distance > radius - 3),
        )[label]
        background, figure = rng.uniform(0, 90, channels), rng.uniform(150, 255, channels)
        clean = np.where(mask[..., None], figure, background)
        images[index] = np.clip(clean + rng.normal(0, 12, clean.shape), 0, 255)
    return images, labels
