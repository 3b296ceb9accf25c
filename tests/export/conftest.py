"""Models and bundles that many tests share: every export starts a process that imports TensorFlow."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import layers

from edgezoo.export import SCHEMES, Calibration, export_model
from edgezoo.zoo import GlobalPoolCNN, StridedCNN

from ..rendered import CLASSES, shapes


def trained(model, images, labels, epochs=6):
    model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy")
    model.fit(images.astype("float32"), labels, batch_size=32, epochs=epochs, verbose=0)
    return model


@pytest.fixture(scope="session")
def pictures():
    """200 images to train and calibrate with, 100 others to test with, 24×24×1."""
    images, labels = shapes(300, 24, 1)
    return SimpleNamespace(
        train=images[:200], train_labels=labels[:200], test=images[200:], calibration=calibration_of(images[:200])
    )


def calibration_of(images):
    return Calibration(images, {"dataset": "rendered", "seed": 0, "indices": list(range(len(images)))}, CLASSES)


@pytest.fixture(scope="session")
def fixed(tmp_path_factory, pictures):
    """A trained network for 24×24×1 and its bundle in every scheme; the mixed file's last layers are in int16."""
    folder = tmp_path_factory.mktemp("fixed")
    keras.utils.set_random_seed(0)
    model = StridedCNN((24, 24, 1), classes=4, filters=(6, 12), units=(16,))
    path = folder / "net.keras"
    trained(model, pictures.train, pictures.train_labels).save(path)
    options = {"calibration": pictures.calibration}
    schemes = [name for name in SCHEMES if name != "mixed"]
    files = dict(zip(schemes, export_model(path, folder / "out", schemes, **options), strict=True))
    (files["mixed"],) = export_model(path, folder / "out", layers=[("predictions", "int16x8")], **options)
    return SimpleNamespace(model=model, path=path, out=folder / "out", files=files)


@pytest.fixture(scope="session")
def variable(tmp_path_factory, pictures):
    """A trained network for images of any size; float files resizable, int8 at two sizes, all in one bundle."""
    folder = tmp_path_factory.mktemp("variable")
    keras.utils.set_random_seed(0)
    model = GlobalPoolCNN((None, None, 1), classes=4, filters=(6, 12))
    path = folder / "any.keras"
    trained(model, pictures.train, pictures.train_labels).save(path)
    resizable = export_model(path, folder / "out", ("float32", "float16", "dynamic"))
    sized = export_model(path, folder / "out", calibration=pictures.calibration, input_sizes=(24, 30))
    return SimpleNamespace(model=model, path=path, out=folder / "out", resizable=resizable, sized=sized)


@pytest.fixture(scope="session")
def users_model():
    """Nothing of ours: swish, squeeze and excite, a transposed convolution, dilation, two branches."""
    keras.utils.set_random_seed(1)
    inputs = keras.Input((24, 24, 3), name="pixels")
    x = layers.Rescaling(1 / 127.5, -1)(inputs)
    x = layers.Conv2D(8, 3, strides=2, padding="same", activation="swish")(x)
    gate = layers.GlobalAveragePooling2D(keepdims=True)(x)
    gate = layers.Conv2D(8, 1, activation="sigmoid")(layers.Conv2D(4, 1, activation="relu")(gate))
    x = layers.Multiply()([x, gate])
    x = layers.Conv2DTranspose(6, 3, strides=2, padding="same", activation="relu6")(x)
    left = layers.DepthwiseConv2D(3, dilation_rate=2, padding="same")(x)
    right = layers.LeakyReLU(0.1)(layers.AveragePooling2D(3, 1, "same")(x))
    x = layers.BatchNormalization()(layers.Concatenate()([left, right]))
    x = layers.GlobalMaxPooling2D()(layers.Dropout(0.5)(x))
    return keras.Model(inputs, layers.Dense(4, activation="softmax")(x), name="of_a_user")


@pytest.fixture
def interpret():
    """Runs a file in LiteRT on raw pixels: ``interpret(path, images) -> [n, classes]``, by the textbook formula."""
    from ai_edge_litert.interpreter import Interpreter

    def run(path, images):
        interpreter = Interpreter(str(path))
        wanted = interpreter.get_input_details()[0]
        interpreter.resize_tensor_input(wanted["index"], (1, *images.shape[1:]))
        interpreter.allocate_tensors()
        given = interpreter.get_output_details()[0]
        rows = []
        for image in images:
            values = image[None].astype("float32")
            if wanted["dtype"] != np.float32:
                scale, zero_point = wanted["quantization"]
                limits = np.iinfo(wanted["dtype"])
                values = np.clip(np.round(values / scale) + zero_point, limits.min, limits.max)
            interpreter.set_tensor(wanted["index"], values.astype(wanted["dtype"]))
            interpreter.invoke()
            row = interpreter.get_tensor(given["index"])[0]
            if given["dtype"] != np.float32:
                scale, zero_point = given["quantization"]
                row = scale * (row.astype("float32") - zero_point)
            rows.append(row)
        return np.stack(rows)

    return run
