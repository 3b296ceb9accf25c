"""Fixtures that many tests share: built or trained once a session."""

import pytest

from edgezoo.common.quiet import import_tensorflow


@pytest.fixture(scope="session", autouse=True)
def _tensorflow_without_noise(request):
    """Imports TensorFlow once, quietly; keeps two workers from fighting over two cores."""
    import_tensorflow()


@pytest.fixture(scope="session")
def int8_file(tmp_path_factory):
    """A function from a Keras model to ``(model, path)`` of its int8 file, made with TensorFlow alone."""

    import numpy as np
    import tensorflow as tf

    def convert(model):
        shape = (1, *model.input_shape[1:])
        call = tf.function(lambda image: model(image), input_signature=[tf.TensorSpec(shape, name="image")])
        from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

        converter = tf.lite.TFLiteConverter.from_concrete_functions(
            [convert_variables_to_constants_v2(call.get_concrete_function())]
        )
        images = np.random.default_rng(0).integers(0, 256, (8, *shape)).astype("float32")
        converter.representative_dataset = lambda: ([image] for image in images)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.uint8
        path = tmp_path_factory.mktemp("int8") / "model.tflite"
        path.write_bytes(converter.convert())
        return model, path

    return convert


@pytest.fixture(scope="session")
def edited():
    """A function from a ``.tflite`` file's content and ``change(model, schema)`` to the changed content."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    def edit(content, change):
        model = schema.ModelT.InitFromPackedBuf(content)
        change(model, schema)
        builder = flatbuffers.Builder()
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    return edit
