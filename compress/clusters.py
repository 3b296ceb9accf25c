"""What counts as a clustered kernel: one of few values, each of them many times."""

import numpy as np

#: An Ethos-U's decoder of weights looks up so many values in a palette.
PALETTE = 32


def is_clustered(kernel):
    """Whether an array of weights has at most ``PALETTE`` values, those besides zero twice or more on average.

    Weights that are only trained, or pruned, hardly ever have one value twice.
    """
    values = np.unique(kernel)
    return len(values) <= PALETTE and np.count_nonzero(kernel) >= 2 * np.count_nonzero(values)
