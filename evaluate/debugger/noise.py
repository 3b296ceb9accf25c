"""How much quantization adds to a signal, summed up over any number of arrays."""

import numpy as np


class Noise:
    """Sums over pairs of arrays; nothing of the arrays themselves is kept.

    Attributes:
        count: numbers so far.
    """

    def __init__(self):
        self.count = 0
        # Of signal², received², their product, and noise², each by channel.
        self._sums = 0.0

    def add(self, signal, received):
        """Adds what should have come and what came, arrays of as many numbers whose last axis is the channels."""
        channels = signal.shape[-1] if signal.ndim else 1
        signal, received = (np.asarray(each, np.float64).reshape(-1, channels) for each in (signal, received))
        noise = received - signal
        products = signal**2, received**2, signal * received, noise**2
        self.count += signal.size
        self._sums = self._sums + np.stack([each.sum(axis=0) for each in products])

    def row(self):
        """The measures of all that was added.

        Returns:
            ``{"sqnr_db", "channel_sqnr_db", "cosine", "rms"}``: the signal-to-quantization-noise ratio
            ``10 log10(Σ signal² / Σ noise²)``; the same of the mean over the channels of noise² / signal², which the
            scale of a channel does not matter to, as it does not to the next layer's weights, each of which counts for
            1 at most, and those without a signal not at all; the cosine of the angle between both as vectors; and the
            root of the mean of noise². ``None`` where there is no noise or no signal.
        """
        signal, received, product, noise = (float(each.sum()) for each in self._sums)
        heard = self._sums[0] > 0
        shares = np.minimum(self._sums[3][heard] / self._sums[0][heard], 1)
        return {
            "sqnr_db": _decibels(signal, noise),
            "channel_sqnr_db": _decibels(len(shares), float(shares.sum())),
            "cosine": product / float(np.sqrt(signal * received)) if signal and received else None,
            "rms": float(np.sqrt(noise / max(self.count, 1))),
        }


def _decibels(signal, noise):
    return 10 * float(np.log10(signal / noise)) if signal and noise else None
