"""What a number format is: what it needs, and how a file in it is made."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ...inspection.packing import packed
from ...inspection.pixels import Pixels

#: Types that the input and output of a file in integers may have, where its format leaves the choice.
IO_TYPES = ("uint8", "int8", "float32")


@dataclasses.dataclass(frozen=True)
class Source:
    """What one file is made from, in the converter's process.

    Attributes:
        saved_model: folder with one signature, ``"serving_default"``, of batch 1 and with weights as constants.
        io: type that input and output shall have.
        images: calibration images, raw pixels, uint8 [n, H, W, C]; ``None`` where none are needed.
        pixels: ``Pixels`` that the model takes.
        per_channel_dense: whether weights of dense layers get a scale per channel, where they are int8.
        estimator: key of ``ESTIMATORS``, how the ranges of int8 activations are read off the images; ``None`` for the
            converter's own way.
        precision: of ``quantizing.PRECISIONS``, of all operators of a mixed file; ``None`` for int8.
        choices: pairs of the name of the first tensor that an operator of the float file writes, and its own precision.
    """

    saved_model: Path
    io: str = "float32"
    images: np.ndarray | None = None
    pixels: Pixels = dataclasses.field(default_factory=Pixels)
    per_channel_dense: bool = True
    estimator: str | None = None
    precision: str | None = None
    choices: tuple[tuple[str, str], ...] = ()

    def converter(self, *, optimize=True, operators="TFLITE_BUILTINS"):
        """A ``tf.lite.TFLiteConverter`` of the SavedModel, for the formats that it makes.

        Args:
            optimize: whether weights are stored in fewer bits.
            operators: name of the converter's set of operators; every set holds built-in operators only.
        """
        from ...common.quiet import import_tensorflow

        tf = import_tensorflow()
        converter = tf.lite.TFLiteConverter.from_saved_model(str(self.saved_model), signature_keys=["serving_default"])
        converter.target_spec.supported_ops = [tf.lite.OpsSet[operators]]
        if optimize:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter._experimental_disable_per_channel_quantization_for_dense_layers = not self.per_channel_dense
        return converter

    def float_file(self):
        """The model as a float32 ``.tflite`` file, ``bytes``: what a quantizer of files begins with.

        It is packed, so that its tensors are called as those of an exported file are.
        """
        return packed(self.converter(optimize=False).convert(), numbered=True)[0]

    def representative(self):
        """The calibration images one by one, as the converter takes them: ``{"image": float32 [1, H, W, C]}``."""
        for image in self.images:
            yield {"image": self.pixels.values(image[None]).astype(np.float32)}


@dataclasses.dataclass(frozen=True)
class Scheme:
    """One number format of exported files.

    Attributes:
        name: as on the command line and in the file's name.
        weights, activations: the types that they are stored in, for people.
        make: function from a ``Source`` to the content of a ``.tflite`` file, ``bytes``. It may convert the SavedModel,
            with or without ranges that were trained (quantization-aware training), or quantize ``Source.float_file()``.
        needs_calibration: whether it reads the ranges of activations off calibration images.
        keeps_ranges: whether it takes those of a network whose ranges were trained (``zoo.FakeQuantize`` layers), of
            which the SavedModel then has TensorFlow's operations, and no images are there. Files of other formats are
            made of such a network without these layers.
        needs_fixed_size: whether every tensor must have a size that is known.
        is_integer: whether nothing inside the file may be computed in floats; each file is held to that.
        io_types: types that the input and output may have; what is asked for is taken if it is one of them, else the
            first.
    """

    name: str
    weights: str
    activations: str
    make: Callable
    needs_calibration: bool = False
    keeps_ranges: bool = False
    needs_fixed_size: bool = False
    is_integer: bool = False
    io_types: tuple[str, ...] = ("float32",)

    def io(self, asked):
        """The type of input and output that a file in this format has when ``asked`` for an item of ``IO_TYPES``."""
        return asked if asked in self.io_types else self.io_types[0]
