"""int8 weights, int16 activations: where int8 loses too much."""

from .scheme import Scheme


def make(source):
    converter = source.converter(operators="EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8")
    converter.representative_dataset = source.representative
    return converter.convert()


SCHEME = Scheme(
    "int16x8",
    weights="int8 per channel",
    activations="int16",
    make=make,
    needs_calibration=True,
    needs_fixed_size=True,
    is_integer=True,
)
