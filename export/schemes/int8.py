"""int8 throughout: what accelerators and microcontrollers take."""

from .scheme import IO_TYPES, Scheme


def make(source):
    import tensorflow as tf

    converter = source.converter(operators="TFLITE_BUILTINS_INT8")
    converter.representative_dataset = source.representative
    converter.inference_input_type = converter.inference_output_type = tf.dtypes.as_dtype(source.io)
    return converter.convert()


SCHEME = Scheme(
    "int8",
    weights="int8 per channel",
    activations="int8",
    make=make,
    needs_calibration=True,
    needs_fixed_size=True,
    is_integer=True,
    io_types=IO_TYPES,
)
