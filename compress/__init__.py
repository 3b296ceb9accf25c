"""Compression that trains: what works on models of Keras 2 alone is given a twin of the model, in a process of its own.

plan.py           a model of Keras 3 as a list of Keras 2's layers and their calls: plain JSON
translations.py   which layers of Keras 2 stand for one of Keras 3
operations.py     … and for a bare operation
twin.py           the twin, from the outside
child_process.py  the process that it lives in
building.py       the twin, from the plan
activations.py    functions that Keras 2 lacks, or has by another formula
elementary.py     a network of one layer for each operator of a file
ranges.py         ranges that were trained, as layers
"""

from ..common.lazy import lazy

__getattr__, __dir__, __all__ = lazy(__name__, {"Twin": "twin", "with_ranges": "ranges"})
