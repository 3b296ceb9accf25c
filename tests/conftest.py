"""Fixtures that many tests share: built or trained once a session."""

import os
import signal
import subprocess
from types import SimpleNamespace

import hypothesis
import numpy as np
import pytest

from edgezoo.common import child
from edgezoo.common.errors import EdgezooError
from edgezoo.common.files import sha256
from edgezoo.common.quiet import import_tensorflow, quiet_stderr
from edgezoo.datasets.dataset import Dataset, Split
from edgezoo.datasets.sources import ArraySource
from edgezoo.export.identity import network_of, tagged
from edgezoo.export.joining import joined
from edgezoo.runtime import Worker

from .forked import Forked

# How long an example takes depends on what else the machine does.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")

#: What one of several workers runs in one go is a file, or one of these folders, whose files share what is expensive.
TOGETHER = {"evaluate", "experiments", "explain", "export", "runtime"}
#: The longest of them, which are begun with; the short ones in the end keep all workers busy.
LONGEST = [
    "test_cli.py", "train/test_loop.py", "experiments", "test_end_to_end.py", "explain", "export",
    "benchmarks/test_peers.py", "evaluate", "benchmarks/test_run_experiments.py", "benchmarks/test_train_zoo.py",
    "test_extending.py", "test_house.py",
]  # fmt: skip


def unit(nodeid):
    """What the test of that name is run in one go with."""
    _, room, *file = nodeid.partition("::")[0].split("/")
    return room if room in TOGETHER else "/".join([room, *file])


def pytest_collection_modifyitems(config, items):
    if hasattr(config, "workerinput"):
        places = {name: place for place, name in enumerate(LONGEST)}
        items.sort(key=lambda item: places.get(unit(item.nodeid), len(places)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadScopeScheduling

    class Units(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return unit(nodeid)

    config.option.loadscopereorder = False
    return Units(config, log)


CLASSES = ("T-shirt", "Ankle boot", "<script>alert(1)</script>", "d", "e", "f")


def bars(side=12, channels=1, n=300, classes=CLASSES, name="bars"):
    """Images in which a bright bar stands at the place of the class, in noise that makes some of them hard."""
    rng = np.random.default_rng(7)
    labels = rng.integers(0, len(classes), n)
    pixels = rng.normal(90, 60, (n, side, side, channels))
    for image, label in zip(pixels, labels, strict=True):
        image[:, label * side // len(classes)] += 60
    split = Split(ArraySource(np.clip(pixels, 0, 255).astype(np.uint8)), labels)
    return Dataset(name, classes, (side, side, channels), split, split, split, {"sha256": "0" * 64})


@pytest.fixture(scope="session", autouse=True)
def _tensorflow_without_noise(request):
    """Imports TensorFlow once, quietly; keeps two workers from fighting over two cores."""
    if hasattr(request.config, "workerinput"):
        os.environ.update(TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="1")
    import_tensorflow()


@pytest.fixture(scope="session", autouse=True)
def _signals():
    """Requests to end are heard, here and in the processes that tests start.

    What a script starts with ``&`` ignores Ctrl-C, and what ``nohup`` starts SIGHUP.
    """
    heard = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_DFL}
    before = {number: signal.signal(number, handler) for number, handler in heard.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session", autouse=True)
def _children():
    """Converters and workers of model files need not import TensorFlow one after another."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(child, "subprocess", SimpleNamespace(Popen=Forked, PIPE=subprocess.PIPE))
        yield


@pytest.fixture
def children_as_ever(monkeypatch):
    """Children that start as they do outside of tests, for what is told of the start itself."""
    monkeypatch.setattr(child, "subprocess", subprocess)


@pytest.fixture(scope="session")
def int8_file(tmp_path_factory):
    """A function from a Keras model to ``(model, path)`` of its int8 file, made with TensorFlow alone."""

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
    from ai_edge_litert import schema_py_generated as schema
    from ai_edge_litert.tools import flatbuffer_utils

    def edit(content, change):
        model = flatbuffer_utils.convert_bytearray_to_object(content)
        change(model, schema)
        return bytes(flatbuffer_utils.convert_object_to_bytearray(model))

    return edit


@pytest.fixture(scope="session")
def make_dataset():
    return bars


@pytest.fixture(scope="session")
def dataset():
    return bars()


@pytest.fixture(scope="session")
def convert():
    """(call, input shape without batch, scheme) → bytes of a .tflite file, by TensorFlow's converter alone."""
    tf = import_tensorflow()
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    def run(call, shape, scheme="float32", io="uint8"):
        spec = tf.TensorSpec([1, *shape], tf.float32, name="image")
        frozen = convert_variables_to_constants_v2(tf.function(call, input_signature=[spec]).get_concrete_function())
        converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
        if scheme != "float32":
            rng = np.random.default_rng(0)
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: (
                [rng.integers(0, 256, (1, *shape)).astype(np.float32)] for _ in range(30)
            )
            converter.target_spec.supported_ops = [
                tf.lite.OpsSet.TFLITE_BUILTINS_INT8
                if scheme == "int8"
                else tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
            ]
            converter.inference_input_type = converter.inference_output_type = tf.dtypes.as_dtype(io)
        with quiet_stderr():
            return converter.convert()

    return run


@pytest.fixture(scope="session")
def zoo(tmp_path_factory, dataset, convert):
    """``bars.keras``, ``open.keras`` of any size, and what was exported from them."""
    import keras

    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((12, 12, 1)),
            keras.layers.Rescaling(1 / 255, name="rescaling"),
            keras.layers.Conv2D(8, 3, padding="same", activation="relu", name="conv2d"),
            keras.layers.AveragePooling2D((2, 1), name="average_pooling2d"),
            keras.layers.Flatten(name="flatten"),
            keras.layers.Dense(len(CLASSES), activation="softmax", name="dense"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", jit_compile=False)
    images, labels = dataset.train.read(np.arange(len(dataset.train))), dataset.train.labels
    model.optimizer.learning_rate = 0.01
    model.fit(images, labels, epochs=4, verbose=0)

    image = keras.Input((None, None, 1))
    x = keras.layers.Rescaling(1 / 255)(image)
    x = keras.layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    x = keras.layers.GlobalMaxPooling2D()(x)
    open_model = keras.Model(image, keras.layers.Dense(len(CLASSES), activation="softmax")(x))

    folder = tmp_path_factory.mktemp("zoo")
    model.save(folder / "bars.keras")
    open_model.save(folder / "open.keras")

    def call(images):
        return model(images, training=False)

    def open_call(images):
        return open_model(images, training=False)

    files = {
        "bars_float32": convert(call, (12, 12, 1)),
        "bars_int8": convert(call, (12, 12, 1), "int8"),
        "bars_int16x8": convert(call, (12, 12, 1), "int16x8", io="int16"),
        "inside": convert(call, (12, 12, 1), "int8", io="float32"),
        "open_float32": convert(open_call, (None, None, 1)),
        "open_int8_20": convert(open_call, (20, 20, 1), "int8"),
    }
    for name, content in files.items():
        network, _, scheme = name.partition("_")
        if scheme:  # as exported from one of the two, whose checksum they carry
            checksum = sha256(folder / f"{network}.keras")
            content = tagged(content, network, scheme.partition("_")[0], network_of(checksum))
        (folder / f"{name}.tflite").write_bytes(content)
    paths = {path.stem: str(path) for path in folder.glob("*.tflite")}
    return SimpleNamespace(keras=str(folder / "bars.keras"), open=str(folder / "open.keras"), model=model, **paths)


@pytest.fixture(scope="session")
def gpu(zoo):
    """What needs LiteRT's GPU delegate needs a Vulkan driver: a GPU's, or the renderer of Chromium."""
    try:
        Worker(zoo.bars_float32, runtime="gpu").close()
    except EdgezooError as error:
        (pytest.fail if os.environ.get("EDGEZOO_NEEDS_BROWSER") else pytest.skip)(str(error))


@pytest.fixture(scope="session")
def served(edited):
    """A function from a file's content to that with a signature, from ``image`` to ``probabilities``."""

    def add(model, schema):
        graph = model.subgraphs[0]
        ends = {b"image": graph.inputs[0], b"probabilities": graph.outputs[0]}
        maps = [schema.TensorMapT(name=name, tensorIndex=int(index)) for name, index in ends.items()]
        model.signatureDefs = [schema.SignatureDefT(signatureKey=b"served", inputs=maps[:1], outputs=maps[1:])]

    return lambda content: edited(content, add)


@pytest.fixture(scope="session")
def two_sizes(tmp_path_factory, convert, served, zoo):
    """A file with a graph for 12×12 images and one for 20×20, and a file of each alone: ``path``, ``alone[size]``."""
    import keras

    model = keras.saving.load_model(zoo.open)
    folder, alone = tmp_path_factory.mktemp("two_sizes"), {}
    for size in (12, 20):
        content = served(convert(lambda images: model(images, training=False), (size, size, 1), "int8"))
        alone[size] = folder / f"open_int8_{size}.tflite"
        alone[size].write_bytes(tagged(content, "open", "int8", network_of(sha256(zoo.open))))
    path = folder / "open_int8_12_20.tflite"
    path.write_bytes(joined({f"serving_{size}": file.read_bytes() for size, file in alone.items()}))
    return SimpleNamespace(path=path, alone=alone)


@pytest.fixture(scope="session")
def uneven(tmp_path_factory):
    """A depthwise network whose channels differ so widely in range that int8 loses more than a point.

    Behind each batch normalization, channels are multiplied by powers of 2, which the next layer takes back: the float
    network answers as the shipped one does.

    Returns:
        ``keras`` and ``int8``: paths; ``model``; ``dataset``; ``calibration``; ``top1``: function from a path to the
        accuracy on all validation images.
    """
    import keras

    from edgezoo import build
    from edgezoo.datasets import load_dataset
    from edgezoo.export import Calibration, export_model
    from edgezoo.runtime import load_runner

    try:
        dataset = load_dataset("fashion_mnist")
    except EdgezooError as error:
        pytest.skip(str(error))
    model, rng = build("strided_lite", weights="fashion_mnist"), np.random.default_rng(1)
    kinds = keras.layers.BatchNormalization, keras.layers.Conv2D, keras.layers.DepthwiseConv2D
    layers = [layer for layer in model.layers if isinstance(layer, kinds)]
    for norm, convolution in zip(layers[1::2], layers[2::2], strict=False):
        factors = np.exp2(rng.integers(0, 6, norm.gamma.shape))
        norm.gamma.assign(norm.gamma * factors)
        norm.beta.assign(norm.beta * factors)
        convolution.kernel.assign(convolution.kernel / factors[:, None])
    folder = tmp_path_factory.mktemp("uneven")
    model.save(folder / "uneven.keras")
    calibration = Calibration.draw(dataset)
    (int8,) = export_model(folder / "uneven.keras", folder / "bundle", ["int8"], calibration=calibration)
    images, labels = dataset.validation.read(np.arange(len(dataset.validation))), dataset.validation.labels

    def top1(path):
        return (load_runner(str(path)).predict(images).argmax(-1) == labels).mean()

    paths = {"keras": str(folder / "uneven.keras"), "int8": str(int8)}
    return SimpleNamespace(**paths, model=model, dataset=dataset, calibration=calibration, top1=top1)
