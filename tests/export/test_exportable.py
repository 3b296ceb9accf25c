import keras
import numpy as np
import pytest
from keras import layers

from edgezoo.common.errors import EdgezooError
from edgezoo.export.exportable import exportable, input_shapes
from edgezoo.export.freezing import save_frozen, signature_names


def net(shape=(8, 8, 1), middle=None, **options):
    inputs = keras.Input(shape, **options)
    x = layers.Conv2D(2, 3, name="conv2d")(inputs)
    x = layers.Conv2D(2, 3, name="conv2d_1")(middle(x) if middle else x)
    return keras.Model(inputs, layers.Dense(3, name="scores")(layers.GlobalMaxPooling2D()(x)), name="net")


class Noise(keras.layers.Layer):
    def call(self, inputs):
        import tensorflow

        return inputs + tensorflow.random.normal(tensorflow.shape(inputs))


class Words(keras.layers.Layer):
    def call(self, inputs):
        import tensorflow

        return tensorflow.strings.to_number(tensorflow.strings.as_string(inputs))


class Python(keras.layers.Layer):
    def call(self, inputs):
        raise RuntimeError("only\neager")

    def compute_output_shape(self, input_shape):
        return input_shape


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (Noise(name="noisy"), r"layer 'noisy' \(Noise\) uses RandomStandardNormal"),
        (Words(name="wordy"), r"layer 'wordy' \(Words\) uses AsString"),
        (layers.Rescaling("wide", name="scale"), r"net.keras cannot be run: its Rescaling layer: Cast string to float"),
        (Python(name="stubborn"), r"does not run as a TensorFlow graph.*Python.*only"),
    ],
)
def test_layers_that_no_file_can_hold_are_named_before_conversion(layer, message, tmp_path):
    with pytest.raises(EdgezooError, match=message) as error:
        save_frozen(net(middle=layer), [(8, 8, 1)], tmp_path / "out", "net.keras")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()


def test_layers_that_only_work_in_training_are_no_obstacle(tmp_path):
    augment = keras.Sequential([layers.RandomFlip(), layers.RandomRotation(0.1), layers.GaussianNoise(0.1)])
    save_frozen(net(middle=augment), [(8, 8, 1)], tmp_path / "out", "net.keras")
    assert (tmp_path / "out" / "saved_model.pb").exists()


class Subclassed(keras.Model):
    pass


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (lambda: Subclassed(), "Subclassed does not tell its inputs"),
        (lambda: keras.Sequential([layers.Dense(2)]), "Sequential does not tell its inputs"),
        (
            lambda: keras.Model(i := keras.Input((2, 2, 1), batch_size=8), keras.ops.reshape(i, (8, 4))),
            "batches of 8",
        ),
        (
            lambda: keras.Model(i := keras.Input((4,), dtype="string", name="n"), keras.ops.cast(i, "float32")),
            "'n' is string",
        ),
        (lambda: keras.Model(i := keras.Input((4,), dtype="uint8"), 2 * (i - 100)), "counts in uint8"),
        (lambda: keras.Model(i := keras.Input((None, 3)), layers.Dense(2)(i)), "open shape"),
    ],
)
def test_models_that_cannot_be_exported_are_told_why(model, message):
    with pytest.raises(EdgezooError, match=f"m.keras cannot be exported: .*{message}"):
        exportable(model(), "m.keras")


def test_models_that_can_be_exported_pass():
    for model in (
        net(),
        net((None, None, 3)),
        net(batch_size=1),
        keras.Sequential([keras.Input((4,)), layers.Dense(2)]),
    ):
        assert exportable(model, "m.keras") is model


@pytest.mark.parametrize("options", [{"batch_size": 8}, {"dtype": "uint8"}, {"dtype": "float16"}])
def test_batches_and_types_of_inputs_are_left_out(options):
    inputs = keras.Input((8, 8, 1), **options)
    model = keras.Model(inputs, layers.Conv2D(2, 3)(layers.Rescaling(1 / 255)(inputs)))
    flat = exportable(model, "m.keras")
    assert flat.inputs[0].shape == (None, 8, 8, 1) and flat.inputs[0].dtype == "float32"
    images = np.random.default_rng(0).integers(0, 256, (8, 8, 8, 1))
    np.testing.assert_allclose(flat(images.astype("float32")), model(images.astype(model.inputs[0].dtype)), rtol=1e-5)


def test_weights_in_halves_become_float32():
    keras.config.set_dtype_policy("float16")
    try:
        model = net()
    finally:
        keras.config.set_dtype_policy("float32")
    flat = exportable(model, "m.keras")
    assert {weight.dtype for weight in flat.weights} == {"float32"}
    for half, whole in zip(model.get_weights(), flat.get_weights(), strict=True):
        np.testing.assert_array_equal(half, whole)


def test_input_shapes():
    assert input_shapes(net(), ()) == {None: [(8, 8, 1)]}
    assert input_shapes(net(), (8,)) == {8: [(8, 8, 1)]}
    assert input_shapes(net((None, None, 3)), ()) == {None: [(None, None, 3)]}
    assert input_shapes(net((None, None, 3)), (16, 20)) == {16: [(16, 16, 3)], 20: [(20, 20, 3)]}
    for sizes in ((9,), (8, 9), (0,)):
        with pytest.raises(EdgezooError, match="--input-size"):
            input_shapes(net(), sizes)


def test_mixed_precision_becomes_float32(tmp_path):
    inner = keras.Sequential([keras.Input((8, 8, 2)), layers.Conv2D(2, 3, dtype="mixed_bfloat16")])
    inputs = keras.Input((8, 8, 2))
    model = keras.Model(inputs, layers.Softmax(dtype="mixed_bfloat16")(layers.Flatten()(inner(inputs))))
    weights = [weight.copy() for weight in model.get_weights()]
    assert exportable(model, "m.keras") is model
    assert model(keras.ops.ones((1, 8, 8, 2))).dtype == "float32"
    assert inner.layers[-1].compute_dtype == "float32"
    assert all((old == new).all() for old, new in zip(weights, model.get_weights(), strict=True))


def test_names_in_the_signature():
    inputs = keras.Input((8, 8, 1), name="pixels")
    shared = layers.Dense(2, name="shared")(layers.Flatten()(inputs))
    assert signature_names(keras.Model(inputs, shared)) == (["image"], ["shared"])
    assert signature_names(keras.Model(inputs, layers.Softmax()(shared))) == (["image"], ["probabilities"])
    assert signature_names(keras.Model(inputs, [shared, shared])) == (["image"], ["shared", "shared_2"])
    vector = keras.Input((4,), name="vector")
    outputs = layers.Dense(1, activation="sigmoid")(vector)
    assert signature_names(keras.Model(vector, outputs)) == (["vector"], ["probabilities"])
    nested = keras.Sequential([keras.Input((8, 8, 1)), keras.Model(inputs, layers.Softmax()(shared))])
    assert signature_names(nested)[1] == ["probabilities"]
