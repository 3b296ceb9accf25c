import os

import keras
import numpy as np
import pytest
from click.testing import CliRunner

from edgezoo.cli import main
from edgezoo.common.errors import EdgezooError
from edgezoo.runtime import Worker
from edgezoo.zoo import load_model, use_custom

OWN = """
import keras

class Twice(keras.layers.Layer):
    def call(self, x):
        return 2 * x
"""


@pytest.fixture
def folder(tmp_path):
    """A model with a layer that is registered where it was written, and a file that defines it without that."""

    @keras.saving.register_keras_serializable("Theirs")
    class Twice(keras.layers.Layer):
        def call(self, x):
            return 2 * x

    keras.Sequential([keras.Input((2, 2, 1)), Twice(), keras.layers.Flatten()]).save(tmp_path / "model.keras")
    del keras.saving.get_custom_objects()["Theirs>Twice"]
    (tmp_path / "own.py").write_text(OWN)
    return tmp_path


def test_a_class_is_found_whatever_package_it_was_registered_in(folder):
    with pytest.raises(EdgezooError, match=r"not part of Keras or edgezoo, Twice; .* --custom FILE\.py"):
        load_model(folder / "model.keras")
    before = dict(os.environ)
    with use_custom(folder / "own.py"):
        assert np.array_equal(load_model(folder / "model.keras")(np.ones((1, 2, 2, 1))), [[2, 2, 2, 2]])
    assert dict(os.environ) == before


def test_child_processes_know_it_too(folder):
    with use_custom(folder / "own.py"), Worker(folder / "model.keras") as worker:
        assert np.array_equal(worker.predict(np.full((1, 2, 2, 1), 3, np.uint8)), [[6, 6, 6, 6]])


def test_commands_take_it_and_say_that_it_is_run(folder):
    arguments = [str(folder / "model.keras"), "-o", str(folder / "new.keras"), "--custom", str(folder / "own.py")]
    result = CliRunner().invoke(main, ["convert", *arguments])
    assert result.exit_code == 0, result.stderr
    assert "own.py is run, for the layers that it defines" in result.stderr


@pytest.mark.parametrize("command", ["describe", "train", "export", "evaluate", "benchmark", "compare", "explain"])
def test_whatever_loads_a_model_takes_it(command):
    (option,) = [each for each in main.commands[command].params if each.name == "custom"]
    assert "it is run" in option.help


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("fails.py", "import keras\n\nx = 1 / 0\n", r"fails\.py, line 3: ZeroDivisionError: division by zero"),
        ("typo.py", "import keras\ndef f(:\n", r"typo\.py, line 2: SyntaxError: invalid syntax"),
        ("ends.py", "raise SystemExit(3)\n", r"ends\.py, line 1: SystemExit: 3"),
        ("missing.py", None, r"missing\.py does not exist"),
        ("model.h5", "x", r"model\.h5 is not a Python file"),
    ],
)
def test_what_is_wrong_with_the_file_is_one_line(folder, name, content, message):
    if content is not None:
        (folder / name).write_text(content)
    with pytest.raises(EdgezooError, match=message) as error, use_custom(folder / name):
        load_model(folder / "model.keras")
    assert "\n" not in str(error.value)
