"""int8 throughout: what accelerators and microcontrollers take."""

import itertools

from ..ranges import ranges_of, with_ranges
from .scheme import IO_TYPES, Scheme


def make(source):
    import tensorflow as tf

    io = tf.dtypes.as_dtype(source.io)
    # Integers alone are a set of operators that asks for images, of a network whose ranges were trained, too.
    converter = source.converter(operators="TFLITE_BUILTINS" if source.images is None else "TFLITE_BUILTINS_INT8")
    if source.estimator is None:
        converter.representative_dataset = None if source.images is None else source.representative
        converter.inference_input_type = converter.inference_output_type = io
        return converter.convert()

    # The converter in two steps, as its QuantizationDebugger goes them: the ranges of the first are replaced.
    from tensorflow.lite.python.convert import mlir_quantize

    converter.representative_dataset = lambda: itertools.islice(source.representative(), 1)
    converter._experimental_calibrate_only = True
    content = bytes(converter.convert())
    return mlir_quantize(
        with_ranges(content, ranges_of(content, source.representative, source.estimator)),
        input_data_type=io,
        output_data_type=io,
        disable_per_channel_for_dense_layers=not source.per_channel_dense,
    )


SCHEME = Scheme(
    "int8",
    weights="int8 per channel",
    activations="int8",
    make=make,
    needs_calibration=True,
    keeps_ranges=True,
    needs_fixed_size=True,
    is_integer=True,
    io_types=IO_TYPES,
)
