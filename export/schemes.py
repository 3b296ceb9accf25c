"""The number formats of exported files, and what each asks of the converter."""

import dataclasses

from ..common.errors import EdgezooError, UnknownName

#: Types of an int8 file's input and output.
IO_TYPES = ("uint8", "int8", "float32")


@dataclasses.dataclass(frozen=True)
class Scheme:
    """One number format.

    Attributes:
        name: as in the file's name.
        optimize: whether weights are stored in fewer bits.
        supported_types: names of TensorFlow types that stored weights may have, where the converter has a choice.
        operator_set: name of the converter's set of operators; every set holds built-in operators only.
        integer: whether activations are integers too. Their ranges are then read off calibration images, and every
            tensor needs a fixed size.
    """

    name: str
    optimize: bool = True
    supported_types: tuple[str, ...] = ()
    operator_set: str = "TFLITE_BUILTINS"
    integer: bool = False

    def converter(self, saved_model, io, representative):
        """A ``tf.lite.TFLiteConverter`` set up for this format.

        Args:
            saved_model: folder with one signature, ``"serving_default"``.
            io: an item of ``IO_TYPES``. It concerns int8 only: the other formats have float32 at both ends.
            representative: function that returns an iterator of ``{input name: float32 [1, H, W, C]}``; unused where
                activations stay float.
        """
        from ..common.quiet import import_tensorflow

        tf = import_tensorflow()
        converter = tf.lite.TFLiteConverter.from_saved_model(str(saved_model), signature_keys=["serving_default"])
        converter.target_spec.supported_ops = [tf.lite.OpsSet[self.operator_set]]
        converter.target_spec.supported_types = [getattr(tf, name) for name in self.supported_types]
        if self.optimize:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if self.integer:
            converter.representative_dataset = representative
        if self.name == "int8":
            converter.inference_input_type = converter.inference_output_type = getattr(tf, io)
        return converter

    def io(self, asked):
        """The type of input and output that a file in this format has when ``asked`` for an item of ``IO_TYPES``."""
        return asked if self.name == "int8" else "float32"


SCHEMES = {
    scheme.name: scheme
    for scheme in (
        Scheme("float32", optimize=False),
        Scheme("float16", supported_types=("float16",)),
        Scheme("dynamic"),
        Scheme("int8", operator_set="TFLITE_BUILTINS_INT8", integer=True),
        Scheme(
            "int16x8",
            operator_set="EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8",
            integer=True,
        ),
    )
}


def chosen_schemes(names):
    """The ``Scheme`` of each name, in order, each once.

    Raises:
        EdgezooError: none is named, or one that is not in ``SCHEMES``.
    """
    names = [names] if isinstance(names, str) else list(dict.fromkeys(names))
    if not names:
        raise EdgezooError(f"no quantization scheme was given; choose from {', '.join(SCHEMES)}.")
    for name in names:
        if name not in SCHEMES:
            raise UnknownName("quantization scheme", name, SCHEMES, f"there are {', '.join(SCHEMES)}")
    return [SCHEMES[name] for name in names]
