from pathlib import Path

import pytest

from edgezoo.common.errors import EdgezooError, UnknownName
from edgezoo.zoo import PooledCNN, is_model_file, load_or_build


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_file_is_what_has_a_model_s_suffix_or_is_there(here):
    (here / "model.h5").touch()
    for name in ("no-such.keras", "no-such.tflite", "no-such.h5", "model.h5", Path("model.h5"), "."):
        assert is_model_file(name)
    for name in ("no-such", "no-such.txt", "strided_z"):
        assert not is_model_file(name)


def test_a_registered_name_is_no_file_though_a_folder_is_called_like_it(here):
    (here / "strided_xs").mkdir()
    assert not is_model_file("strided_xs")
    assert is_model_file("./strided_xs")
    assert load_or_build("strided_xs").name == "strided_xs"


def test_settings_are_those_of_a_named_model(here):
    assert load_or_build("pooled_xs", input_shape=(16, 16, 3), classes=4).output_shape == (None, 4)
    PooledCNN((8, 8, 1), classes=3, filters=(2,), units=()).save("mine.keras")
    assert load_or_build("mine.keras", classes=7).output_shape == (None, 3)


def test_what_is_not_there_is_said(here):
    with pytest.raises(UnknownName, match="did you mean 'strided_s'"):
        load_or_build("strided_z")
    with pytest.raises(EdgezooError, match=r"mine\.keras does not exist"):
        load_or_build("mine.keras")
