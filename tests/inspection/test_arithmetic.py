import subprocess
import sys

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgezoo.common.errors import EdgezooError
from edgezoo.inspection import describe
from edgezoo.inspection.arithmetic import output_size, peak_bytes, same_padding
from edgezoo.zoo import FakeQuantize, GlobalPoolCNN, PooledCNN, StridedCNN

windows = {
    "n": st.integers(1, 40),
    "kernel": st.integers(1, 7),
    "stride": st.integers(1, 5),
    "dilation": st.integers(1, 4),
    "padding": st.sampled_from(["same", "valid"]),
}


@given(**windows)
def test_output_size_is_what_keras_computes(n, kernel, stride, dilation, padding):
    if dilation > 1:
        stride = 1  # Keras has no strided dilated convolutions
    if padding == "valid" and dilation * (kernel - 1) + 1 > n:
        assert output_size(n, kernel, stride, padding, dilation) == 0
        return
    layer = keras.layers.Conv2D(1, kernel, stride, padding, dilation_rate=dilation)
    assert layer.compute_output_shape((1, n, n, 1))[1] == output_size(n, kernel, stride, padding, dilation)


@given(n=windows["n"], kernel=windows["kernel"], stride=windows["stride"], padding=windows["padding"])
def test_output_size_of_pooling_is_what_keras_computes(n, kernel, stride, padding):
    if padding == "same" or kernel <= n:
        layer = keras.layers.MaxPooling2D(kernel, stride, padding)
        assert layer.compute_output_shape((1, n, n, 1))[1] == output_size(n, kernel, stride, padding)


@given(n=st.integers(1, 30), kernel=st.integers(1, 5), stride=st.integers(1, 4), pixels=st.integers(0, 3))
def test_output_size_counts_the_places_of_the_window(n, kernel, stride, pixels):
    places = [start for start in range(0, n + 2 * pixels, stride) if start + kernel <= n + 2 * pixels]
    assert output_size(n, kernel, stride, pixels) == len(places)


@given(n=windows["n"], kernel=windows["kernel"], stride=windows["stride"], dilation=windows["dilation"])
def test_same_padding_is_just_enough(n, kernel, stride, dilation):
    before, after = same_padding(n, kernel, stride, dilation)
    assert 0 <= after - before <= 1
    assert output_size(n + before + after, kernel, stride, "valid", dilation) == -(-n // stride)


@pytest.mark.parametrize("padding", ["SAME", -1, 1.5, None])
def test_a_padding_that_there_is_not_is_refused(padding):
    with pytest.raises(ValueError, match="Received: padding="):
        output_size(8, 3, padding=padding)


def test_the_formulas_need_no_tensorflow():
    heavy = {"tensorflow", "keras", "numpy"}
    code = f"import sys, edgezoo.inspection.arithmetic; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize(
    ("builder", "macs", "params"),
    [
        ("MobileNet", 569e6, 4.24e6),  # Howard et al. 2017, table 4
        ("MobileNetV2", 300e6, 3.5e6),  # Sandler et al. 2018, table 4: 300 M MAdds, 3.4 M parameters and batch norm
        ("ResNet50", 3.86e9, 25.6e6),  # He et al. 2016, with the stride in the 1×1 convolution as in Keras
    ],
)
def test_published_counts(builder, macs, params):
    summary = describe(getattr(keras.applications, builder)(weights=None))
    assert summary.macs == pytest.approx(macs, rel=0.005)
    assert summary.params == pytest.approx(params, rel=0.015)


def test_every_kind_of_layer_by_hand():
    inputs = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(8, 3, padding="same", groups=1, name="full")(inputs)
    x = keras.layers.Conv2D(8, 3, padding="same", groups=2, name="grouped")(x)
    x = keras.layers.DepthwiseConv2D(3, strides=2, padding="same", depth_multiplier=2, name="depthwise")(x)
    x = keras.layers.SeparableConv2D(4, 5, padding="same", name="separable")(x)
    x = keras.layers.Conv2DTranspose(6, 4, strides=2, padding="same", name="transposed")(x)
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dense(10, name="dense")(x)
    rows = {row.name: row for row in describe(keras.Model(inputs, x)).rows}
    assert rows["full"].macs == 16 * 16 * 8 * 9 * 3
    assert rows["grouped"].macs == 16 * 16 * 8 * 9 * 4
    assert rows["depthwise"].macs == 8 * 8 * 16 * 9
    assert rows["separable"].macs == 8 * 8 * 16 * 25 + 8 * 8 * 16 * 4
    assert rows["transposed"].macs == 8 * 8 * 16 * 4 * 6
    assert rows["dense"].macs == 16 * 16 * 6 * 10
    assert [rows[n].receptive_field for n in ("full", "grouped", "depthwise", "separable")] == [3, 5, 7, 15]
    assert rows["transposed"].receptive_field == 15 + (4 // 2 - 1) * 2
    assert rows["dense"].receptive_field == 16


def reached_by_gradient(model, pixels):
    """Along one axis, the most image pixels from first to last that any one output depends on."""
    import tensorflow as tf

    image = tf.ones((1, pixels, pixels, 1))
    with tf.GradientTape() as tape:
        tape.watch(image)
        out = model(image)
        line = tf.reduce_sum(out[0, :, :, 0], axis=1)
    dependences = tape.jacobian(line, image).numpy()[:, 0, :, :, 0].any(axis=2)
    return max(np.ptp(np.nonzero(row)) + 1 for row in dependences if row.any())


layer_kinds = {
    "conv": lambda k, s, d: keras.layers.Conv2D(1, k, s, dilation_rate=d if s == 1 else 1, kernel_initializer="ones"),
    "depthwise": lambda k, s, d: keras.layers.DepthwiseConv2D(k, s, depthwise_initializer="ones"),
    "pool": lambda k, s, d: keras.layers.AveragePooling2D(k, s),
}


@settings(deadline=None, max_examples=12)
@given(
    windows=st.lists(
        st.tuples(st.sampled_from(sorted(layer_kinds)), st.integers(1, 3), st.integers(1, 2), st.integers(1, 2)),
        min_size=1,
        max_size=4,
    ),
    transposed=st.none() | st.tuples(st.integers(1, 5), st.integers(1, 3)),
)
def test_receptive_field_is_where_the_gradient_reaches(windows, transposed):
    inputs = x = keras.Input((61, 61, 1))
    for kind, kernel, stride, dilation in windows:
        x = layer_kinds[kind](kernel, stride, dilation)(x)
    if transposed:
        x = keras.layers.Conv2DTranspose(1, *transposed, kernel_initializer="ones")(x)
    model = keras.Model(inputs, x)
    assert describe(model).rows[-1].receptive_field == reached_by_gradient(model, 61)


def test_receptive_field_of_two_different_branches_is_where_the_gradient_reaches():
    inputs = x = keras.Input((33, 33, 1))
    x = keras.layers.Conv2D(1, 3, padding="same", kernel_initializer="ones")(x)
    branch = keras.layers.Conv2D(1, 5, padding="same", dilation_rate=2, kernel_initializer="ones")(x)
    x = keras.layers.Add()([x, branch])
    x = keras.layers.UpSampling2D()(keras.layers.Conv2D(1, 3, 2, kernel_initializer="ones")(x))
    x = keras.layers.Conv2D(1, 3, kernel_initializer="ones")(x)
    model = keras.Model(inputs, x)
    assert describe(model).rows[-1].receptive_field == reached_by_gradient(model, 33)


def test_a_channel_attention_does_not_coarsen_what_follows():
    inputs = x = keras.Input((32, 32, 4))
    x = keras.layers.Conv2D(4, 3, 2)(x)
    gate = keras.layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = keras.layers.Multiply()([x, keras.layers.Conv2D(4, 1, activation="sigmoid")(gate)])
    x = keras.layers.Conv2D(4, 3)(x)
    assert describe(keras.Model(inputs, x)).rows[-1].receptive_field == 32 + 2 * 2


def test_receptive_field_of_branches_is_the_wider_one():
    model = PooledCNN((32, 32, 1), filters=(4,), kernel_size=5, residual=True, strides=1, include_top=False)
    rows = {row.name: row for row in describe(model).rows}
    assert rows["stage1_block1_add"].receptive_field == 9
    assert rows["stage1_block1_project"].receptive_field == 1


@st.composite
def programs(draw):
    """Random straight-line programs: (steps, inputs, outputs, sizes)."""
    steps, tensors = [], [0]
    for written in range(1, draw(st.integers(2, 9))):
        steps.append((draw(st.lists(st.sampled_from(tensors), min_size=1, max_size=3)), [written]))
        tensors.append(written)
    outputs = draw(st.lists(st.sampled_from(tensors), min_size=1, max_size=2))
    return steps, [0], outputs, draw(st.lists(st.integers(1, 100), min_size=len(tensors), max_size=len(tensors)))


@given(programs())
def test_peak_is_that_of_a_simulation_that_keeps_what_is_needed_later(program):
    steps, inputs, outputs, sizes = program

    def at(moment):  # while step `moment` runs: all that is there already and is still needed, and what it writes
        there = {*inputs, *(t for _, written in steps[:moment] for t in written)}
        needed = {t for read, _ in steps[moment:] for t in read} | set(outputs)
        unread = set(inputs) if moment == 0 else set()  # an input is there at the start, read or not
        return (there & needed) | unread | set(steps[moment][1] if moment < len(steps) else ())

    expected = max(sum(sizes[t] for t in at(moment)) for moment in range(len(steps) + 1))
    assert peak_bytes(steps, inputs, outputs, sizes.__getitem__) == expected


def test_a_shortcut_stays_alive_across_its_block():
    model = PooledCNN((8, 8, 4), filters=(4,), residual=True, strides=1, include_top=False)
    image = 8 * 8 * 4
    assert describe(model).peak_activation_bytes == 3 * image
    assert describe(model, bytes_per_element=4).peak_activation_bytes == 12 * image


def test_a_network_for_any_size_needs_one():
    model = GlobalPoolCNN((None, None, 1), filters=(4,))
    with pytest.raises(EdgezooError, match="any size; say which with --input-shape"):
        describe(model)
    fixed = GlobalPoolCNN((20, 28, 1), filters=(4,))
    assert describe(model, (20, 28, 1)).macs == describe(fixed).macs
    with pytest.raises(EdgezooError, match=r"takes images of shape \(20, 28, 1\), not \(28, 28, 1\)"):
        describe(fixed, (28, 28, 1))
    with pytest.raises(EdgezooError, match="not \\(0, 28, 1\\)"):
        describe(model, (0, 28, 1))


def any_size(filters=4):
    """A network of 3×3 convolutions for images of any size."""
    inputs = keras.Input((None, None, 1))
    return keras.Model(inputs, keras.layers.Conv2D(filters, 3)(keras.layers.Conv2D(filters, 3)(inputs)))


def test_an_image_that_is_too_small_is_refused_by_the_layer_that_it_does_not_fit():
    with pytest.raises(EdgezooError, match=r"layer 'conv2d.*' does not take \(2, 2, 4\)"):
        describe(any_size(), (4, 4, 1))


def test_a_nested_network_for_any_size_has_that_of_the_one_around_it():
    body, inputs = any_size(), keras.Input((12, 12, 1))
    nested = describe(keras.Model(inputs, body(inputs)))
    assert nested == describe(body, (12, 12, 1))
    assert describe(keras.Sequential([keras.Input((None, None, 1)), any_size()]), (12, 12, 1)).macs == nested.macs


def test_a_network_that_is_used_twice_is_stored_once():
    body, large, small = any_size(), keras.Input((12, 12, 1)), keras.Input((8, 8, 1))
    both = describe(keras.Model([large, small], [body(large), body(small)]))
    assert both.params == body.count_params() == sum(row.params for row in both.rows)
    assert both.macs == describe(body, (12, 12, 1)).macs + describe(body, (8, 8, 1)).macs


UNCOUNTED = {
    "recurrent": keras.layers.ConvLSTM2D(2, 3),
    "wrapped": keras.layers.TimeDistributed(keras.layers.Conv2D(2, 3)),
    "three-dimensional": keras.layers.Conv3D(2, 3),
    "bare product": lambda x: keras.ops.matmul(x, keras.ops.swapaxes(x, -1, -2)),
}


@pytest.mark.parametrize("name", UNCOUNTED)
def test_what_cannot_be_counted_is_not_counted_as_nothing(name):
    inputs = keras.Input((4, 8, 8, 2))
    with pytest.raises(EdgezooError, match="cannot be counted"):
        describe(keras.Model(inputs, UNCOUNTED[name](inputs)))


def test_a_model_without_a_graph_is_refused():
    with pytest.raises(EdgezooError, match="no functional or built sequential model"):
        describe(keras.Sequential([keras.layers.Dense(2)]))


def test_nested_and_sequential_models_count_like_flat_ones():
    body = StridedCNN((16, 16, 1), filters=(4, 8), include_top=False)
    inputs = keras.Input((16, 16, 1))
    nested = describe(keras.Model(inputs, keras.layers.Flatten()(body(inputs))))
    flat = describe(body)
    assert (nested.macs, nested.params) == (flat.macs, flat.params)
    assert nested.peak_activation_bytes == flat.peak_activation_bytes
    layers = [keras.Input((9, 9, 2)), keras.layers.Conv2D(3, 3), keras.layers.Flatten(), keras.layers.Dense(4)]
    assert describe(keras.Sequential(layers)).macs == 7 * 7 * 3 * 9 * 2 + 7 * 7 * 3 * 4


def test_the_document_is_the_contracts():
    document = describe(StridedCNN((28, 28, 1), filters=(4,), units=())).as_dict()
    assert set(document) == {"layers", "params", "macs", "peak_activation_bytes"}
    keys = "name op output_shape kernel stride padding receptive_field params macs activation_bytes"
    assert all(set(row) == set(keys.split()) for row in document["layers"])


def family(builder, **options):
    return lambda: builder((20, 20, 3), filters=(6, 8), residual=True, **options)


def of_layers(*stack):
    return lambda: keras.Sequential([keras.Input((20, 20, 3)), *stack, keras.layers.GlobalMaxPooling2D()])


def pre_activation(*before):
    """Where the peak lies, the layers before a convolution have their own tensors: a shortcut needs what they read."""
    inputs = x = keras.Input((20, 20, 3))
    x = keras.layers.Conv2D(6, 3, padding="same")(x)
    gate = keras.Sequential([*before, keras.layers.Conv2D(3, 3, padding="same")])(x)
    gate = keras.layers.Dense(6)(keras.layers.GlobalMaxPooling2D(keepdims=True)(gate))
    return keras.Model(inputs, keras.layers.GlobalMaxPooling2D()(keras.layers.Multiply()([x, gate])))


KL = keras.layers
NETWORKS = {
    "pooled": family(PooledCNN, separable=True),
    "strided": family(StridedCNN, separable=True),
    "min pooled": family(PooledCNN, pooling="min"),
    "blur pooled": family(PooledCNN, pooling="blur"),
    "global, unusual activation": family(GlobalPoolCNN, activation="silu"),
    "batch normalization before": lambda: pre_activation(KL.BatchNormalization(), KL.ReLU()),
    "activation before": lambda: pre_activation(KL.ReLU()),
    "padding that folds": of_layers(
        KL.Conv2D(6, 3), KL.ZeroPadding2D(((0, 1), (0, 1))), KL.DepthwiseConv2D(3, 2), KL.ReLU(6)
    ),
    "padding that stays": of_layers(KL.Conv2D(6, 3), KL.ZeroPadding2D(((0, 1), (2, 2))), KL.Conv2D(6, 3, 2)),
    "separable": of_layers(KL.SeparableConv2D(2, 3, depth_multiplier=6)),
    "activation inside, transposed": of_layers(
        KL.Conv2D(12, 3, activation="silu"),
        KL.Dropout(0.5),
        KL.Conv2DTranspose(4, 3, 2, activation="relu"),
        KL.BatchNormalization(),
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_keras_model_and_its_int8_file_count_alike(name, int8_file):
    model = NETWORKS[name]()
    random = np.random.default_rng(0)  # the converter leaves out additions of zero, such as of an untrained bias
    model.set_weights([random.uniform(0.5, 1.5, weight.shape) for weight in model.get_weights()])
    model, path = int8_file(model)
    keras_summary, file_summary = describe(model), describe(path)
    assert file_summary.macs == keras_summary.macs
    assert file_summary.peak_activation_bytes == pytest.approx(keras_summary.peak_activation_bytes, rel=0.05)
    # Layers that fold away, and operators in front of the network, see what their neighbours see.
    fields = {row.receptive_field for row in file_summary.rows}
    assert fields - {1} == {row.receptive_field for row in keras_summary.rows} - {1}


def converted(model, shape, **options):
    """A float ``.tflite`` file's content, for images of a shape in which sides may be open."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    call = tf.function(lambda image: model(image), input_signature=[tf.TensorSpec(shape)])
    frozen = convert_variables_to_constants_v2(call.get_concrete_function())
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
    for option, value in options.items():
        setattr(converter, option, value)
    converter.target_spec.supported_types = options.get("types", [])
    return converter.convert()


def test_a_file_for_any_size_needs_one(tmp_path):
    path, model = tmp_path / "any.tflite", GlobalPoolCNN((None, None, 3), filters=(4, 8))
    path.write_bytes(converted(model, (1, None, None, 3)))
    with pytest.raises(EdgezooError, match="any size; say which with --input-shape"):
        describe(path)
    with pytest.raises(EdgezooError, match=r"takes images of shape \(None, None, 3\), not \(24, 20, 1\)"):
        describe(path, (24, 20, 1))
    summary = describe(path, (24, 20, 3))
    assert summary.macs == describe(model, (24, 20, 3)).macs
    assert summary.rows[0].activation_bytes == 4 * np.prod(summary.rows[0].output_shape)


def test_float16_weights_are_parameters_not_activations(tmp_path):
    import tensorflow as tf

    model, summaries = StridedCNN((16, 16, 1), filters=(4, 8), units=()), []
    for number, options in enumerate(({}, {"optimizations": [tf.lite.Optimize.DEFAULT], "types": [tf.float16]})):
        path = tmp_path / f"{number}.tflite"
        path.write_bytes(converted(model, (1, 16, 16, 1), **options))
        summaries.append(describe(path))
    float32, float16 = summaries
    assert any(row.op == "DEQUANTIZE" for row in float16.rows)
    assert float16.params == float32.params > 0
    assert float16.peak_activation_bytes == float32.peak_activation_bytes


@pytest.fixture(scope="module")
def small_file(int8_file):
    return int8_file(StridedCNN((8, 8, 1), filters=(2,), units=()))[1].read_bytes()


def test_a_files_custom_operator_cannot_be_counted(tmp_path, small_file, edited):
    def make_custom(model, schema):
        code = model.operatorCodes[model.subgraphs[0].operators[1].opcodeIndex]
        code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
        code.customCode = "own-op"

    changed = tmp_path / "custom.tflite"
    changed.write_bytes(edited(small_file, make_custom))
    with pytest.raises(EdgezooError, match="operator own-op, whose multiplications cannot be counted"):
        describe(changed)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_files_are_described_or_refused_never_worse(tmp_path, small_file, data):
    content = bytearray(small_file)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(8, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.tflite"
    path.write_bytes(content)
    try:
        describe(path)
    except EdgezooError as error:
        assert "\n" not in str(error)


def test_rounding_to_a_trained_range_is_no_operator():
    """It is the scale of the tensor in front; an activation behind it is an operator of its own."""
    image = keras.Input((8, 8, 1))

    def network(rounded):
        x = keras.layers.Conv2D(4, 3, name="conv")(image)
        x = FakeQuantize(-4, 5, name="conv_range")(x) if rounded else x
        return describe(keras.Model(image, keras.layers.ReLU(name="relu")(x)))

    plain, rounded = network(False), network(True)
    assert (rounded.params, rounded.macs) == (plain.params, plain.macs)
    memory = {row.name: row.activation_bytes for row in rounded.rows}
    assert (memory["conv"], memory["conv_range"], memory["relu"]) == (144, 0, 144)
    assert plain.rows[-1].activation_bytes == 0
