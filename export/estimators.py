"""What range of values an int8 tensor is to stand for, estimated from those that it takes on calibration images.

Values outside of the range are clipped, and the wider it is, the coarser are the steps inside: an estimator weighs one
against the other. All of them give ranges that hold zero, which integers have to stand for exactly.
"""

import numpy as np

_LEVELS = 256
_BINS = 2048
_CANDIDATES = 32
#: Weight of what came before, as ai-edge-quantizer has it.
_SMOOTHING = 0.95
_PERCENTILE = 99.99


class MinMax:
    """All values: from the lowest to the highest of all images. TensorFlow's converter has this one."""

    #: Whether the images are gone through a second time, once the whole range is known (``again``).
    needs_histogram = False

    def __init__(self):
        self.lowest = self.highest = 0.0

    def add(self, values):
        """Takes the values of one image into account: finite float32 [n], at least one."""
        self.lowest, self.highest = min(self.lowest, float(values.min())), max(self.highest, float(values.max()))

    def range(self):
        """``(lowest, highest)``, at most and at least zero."""
        return self.lowest, self.highest


class MovingAverage:
    """The exponential moving average of each image's lowest and highest value: one odd image matters little.

    As in Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
    Inference", section 3.1.
    """

    needs_histogram = False

    def __init__(self):
        self._mean = None

    def add(self, values):
        """As ``MinMax.add``."""
        seen = np.array([values.min(), values.max()], np.float64)
        self._mean = seen if self._mean is None else _SMOOTHING * self._mean + (1 - _SMOOTHING) * seen

    def range(self):
        """As ``MinMax.range``."""
        lowest, highest = (0.0, 0.0) if self._mean is None else self._mean
        return min(float(lowest), 0.0), max(float(highest), 0.0)


class _OfHistogram(MinMax):
    """One that knows how often which values come: a histogram over the whole range, of fixed size however many."""

    needs_histogram = True

    def __init__(self):
        super().__init__()
        self._counts = np.zeros(_BINS, np.int64)

    def again(self, values):
        """Counts the values of one image; all images have been added before."""
        self._counts += np.histogram(values, _BINS, (self.lowest, self.highest))[0]


class Percentile(_OfHistogram):
    """All but the lowest and the highest 0.01 % of the values.

    Wu et al. 2020, "Integer Quantization for Deep Learning Inference", arXiv:2004.09602, section 5.
    """

    def range(self):
        """As ``MinMax.range``, as finely as the histogram's bins, within which values count as spread evenly."""
        edges = np.linspace(self.lowest, self.highest, _BINS + 1)
        shares = np.concatenate([[0], np.cumsum(self._counts)]) / max(self._counts.sum(), 1)
        outside = 1 - _PERCENTILE / 100
        # The last edge with nothing below counts, and the first with everything.
        lowest = np.interp(outside, shares[1:], edges[1:], left=np.interp(outside, shares, edges))
        highest = np.interp(1 - outside, shares, edges)
        return min(float(lowest), 0.0), max(float(highest), 0.0)


class MeanSquaredError(_OfHistogram):
    """The range with the least mean squared error between the values and what int8 makes of them.

    ``argmin over (lowest, highest) of sum (x - q(x))²``, ``q(x) = s (clip(round(x / s) + z, 0, 255) - z)`` with
    ``s = (highest - lowest) / 255`` and ``z = round(-lowest / s)``: Nagel et al. 2021, "A White Paper on Neural Network
    Quantization", arXiv:2106.08295, section 3.1. Both ends are tried at 32 places between zero and the whole range.
    """

    def range(self):
        """As ``MinMax.range``."""
        used = self._counts > 0
        edges = np.linspace(self.lowest, self.highest, _BINS + 1)
        values, counts = ((edges[1:] + edges[:-1]) / 2)[used], self._counts[used]
        shares = np.arange(1, _CANDIDATES + 1) / _CANDIDATES
        best, result = np.inf, super().range()
        for lowest in np.unique(self.lowest * shares):
            for highest in np.unique(self.highest * shares):
                if highest > lowest and (error := _squared_error(values, counts, lowest, highest)) < best:
                    best, result = error, (float(lowest), float(highest))
        return result


def _squared_error(values, counts, lowest, highest):
    step = (highest - lowest) / (_LEVELS - 1)
    zero = np.round(-lowest / step)
    kept = step * (np.clip(np.round(values / step) + zero, 0, _LEVELS - 1) - zero)
    return np.dot(counts, (values - kept) ** 2)


#: Name on the command line → class.
ESTIMATORS = {
    "minmax": MinMax,
    "moving_average": MovingAverage,
    "percentile": Percentile,
    "mse": MeanSquaredError,
}
