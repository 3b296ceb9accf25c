"""How much quantization adds to a signal, summed up over any number of arrays."""

import numpy as np


class Noise:
    """Sums over pairs of arrays; nothing of the arrays themselves is kept.

    Attributes:
        count: numbers so far.
    """

    def __init__(self):
        self.count = 0
        # Of signal², received², their product, and noise².
        self._sums = np.zeros(4)

    def add(self, signal, received):
        """Adds what should have come and what came, arrays of as many numbers."""
        signal, received = (np.asarray(each, np.float64).ravel() for each in (signal, received))
        difference = received - signal
        self.count += signal.size
        self._sums += signal @ signal, received @ received, signal @ received, difference @ difference

    def row(self):
        """The measures of all that was added.

        Returns:
            ``{"sqnr_db", "cosine", "rms"}``: the signal-to-quantization-noise ratio ``10 log10(Σ signal² / Σ noise²)``,
            ``None`` where there is no noise or no signal; the cosine of the angle between both as vectors, ``None``
            where one of them is zero; and the root of the mean of noise².
        """
        signal, received, product, noise = map(float, self._sums)
        return {
            "sqnr_db": 10 * float(np.log10(signal / noise)) if signal and noise else None,
            "cosine": product / float(np.sqrt(signal * received)) if signal and received else None,
            "rms": float(np.sqrt(noise / max(self.count, 1))),
        }
