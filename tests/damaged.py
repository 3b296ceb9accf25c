"""Copies of a sound file that are damaged by chance, for tests of what reads it."""

import random

#: How many copies ``damaged_copies`` makes.
COPIES = 50


def damaged_copies(content, seed):
    """Yields bytes: every other one cut off, the others with 1, 8 or 64 bytes that are something else.

    Args:
        content: of the file, ``bytes``.
        seed: of the chance.
    """
    rng = random.Random(seed)
    for number in range(COPIES):
        damaged = bytearray(content)
        if number % 2:
            del damaged[rng.randrange(len(damaged)) :]
        else:
            for _ in range(rng.choice((1, 8, 64))):
                damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        yield bytes(damaged)
