import io
import zipfile

import keras
import numpy as np
import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.zoo import PooledCNN, load_model, save_model


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "tiny.keras"
    PooledCNN((8, 8, 1), filters=(2,), units=(), pooling="min").save(path)
    return path


def test_a_model_with_our_layers_comes_back(saved):
    model = load_model(saved)
    assert model(np.zeros((1, 8, 8, 1), "float32")).shape == (1, 10)


def test_a_missing_an_empty_and_a_foreign_file(tmp_path):
    for name, content, message in [
        ("none.keras", None, "does not exist"),
        ("empty.keras", b"", "is empty"),
        ("model.h5", b"\x89HDF", "damaged or not an HDF5 file"),
        ("model.onnx", b"onnx", "not a .keras file"),
        ("text.keras", b"hello", "damaged or not a .keras file"),
    ]:
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(EdgezooError, match=message):
            load_model(tmp_path / name)


@pytest.mark.parametrize("member", ["config.json", "model.weights.h5"])
def test_damage_anywhere_inside_gives_one_line(saved, tmp_path, member):
    for damage in (b"", b"{}", b"garbage" * 40):
        path = tmp_path / "damaged.keras"
        with zipfile.ZipFile(saved) as old, zipfile.ZipFile(path, "w") as new:
            for name in old.namelist():
                new.writestr(name, damage if name == member else old.read(name))
        with pytest.raises(EdgezooError, match=r"cannot load .*damaged\.keras") as error:
            load_model(path)
        assert "\n" not in str(error.value)


def test_a_truncated_file(saved, tmp_path):
    whole = saved.read_bytes()
    for share in (0.1, 0.5, 0.99):
        (tmp_path / "cut.keras").write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(EdgezooError):
            load_model(tmp_path / "cut.keras")


def test_code_in_a_file_is_never_run(tmp_path):
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Lambda(lambda x: x + 1)(inputs))
    model.save(tmp_path / "lambda.keras")
    with pytest.raises(EdgezooError, match="Lambda layer, that is code, which is never run"):
        load_model(tmp_path / "lambda.keras")


def test_a_class_of_somebody_elses(tmp_path, saved):
    with zipfile.ZipFile(saved) as old:
        config = old.read("config.json").replace(b"edgezoo>MinPooling2D", b"strangers>Layer")
        config = config.replace(b"MinPooling2D", b"Strange").replace(b"edgezoo.zoo.layers", b"nowhere")
        path = tmp_path / "foreign.keras"
        with zipfile.ZipFile(path, "w") as new:
            for name in old.namelist():
                new.writestr(name, config if name == "config.json" else old.read(name))
    with pytest.raises(EdgezooError, match="class that is not part of Keras or edgezoo"):
        load_model(path)


def test_numpy_pickles_are_no_models(tmp_path):
    buffer = io.BytesIO()
    np.save(buffer, np.array([{}], dtype=object), allow_pickle=True)
    (tmp_path / "pickle.keras").write_bytes(buffer.getvalue())
    with pytest.raises(EdgezooError, match="no zip archive"):
        load_model(tmp_path / "pickle.keras")


def test_a_model_is_saved_and_comes_back(tmp_path):
    network = PooledCNN((8, 8, 1), filters=(2,), units=())
    save_model(network, tmp_path / "new" / "model.keras")
    images = np.random.default_rng(0).random((2, 8, 8, 1), "float32")
    assert np.array_equal(load_model(tmp_path / "new" / "model.keras")(images), network(images))


def test_a_model_is_saved_as_a_keras_file_only(saved, tmp_path):
    with pytest.raises(EdgezooError, match=r"the output must be named NAME\.keras, not .*model\.h5\."):
        save_model(load_model(saved), tmp_path / "model.h5")
    assert not list(tmp_path.iterdir())


def test_a_save_that_fails_leaves_what_was_there(tmp_path):
    class Broken:
        def save(self, path):
            path.write_bytes(b"half")
            raise OSError("the disk is full")

    (tmp_path / "model.keras").write_bytes(b"whole")
    with pytest.raises(OSError, match="full"):
        save_model(Broken(), tmp_path / "model.keras")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"whole"]
