"""Compression that trains: what works on models of Keras 2 alone is given a twin of the model, in a process of its own.

plan.py           a model of Keras 3 as a list of Keras 2's layers and their calls: plain JSON
translations.py   which layers of Keras 2 stand for one of Keras 3
operations.py     … and for a bare operation
twin.py           the twin, from the outside
child_process.py  the process that it lives in
building.py       the twin, from the plan
activations.py    functions that Keras 2 lacks, or has by another formula
stages.py         methods, and the trainings that each is made of
compressing.py    compress_model: the stages, one behind the other
twin_training.py  a stage as a way of training for ``train.fit``
stepping.py       a stage inside of the child: optimizer, step, state
wrapping.py       layers in the toolkit's wrappers
quantizers.py     … and how these round
places.py         where a network in integers rounds
uncompressed.py   refuses what was compressed before
recipes.py        the recipe, with the augmentation that the network was trained with
elementary.py     a network of one layer for each operator of a file
ranges.py         ranges that were trained, as layers
integers.py       … and in a form of which every operator has one

Before quantization without training, networks stay ones of Keras 3.

folding.py          batch normalization folded into the layers before it
equalization.py     channels that differ in range are brought nearer to each other
channels.py         … which of them only together
bias_correction.py  what the rounding of weights adds on average is taken off the biases
matrices.py         kernels of all kinds of layers in one form
observing.py        values of tensors for calibration images
"""

from ..common.lazy import lazy

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "compress_model": "compressing",
        "recipe_for": "recipes",
        "METHODS": "stages",
        "Settings": "stages",
        "Twin": "twin",
        "with_ranges": "ranges",
        "equalized": "equalization",
        "bias_corrected": "bias_correction",
    },
)
