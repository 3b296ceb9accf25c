import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.inspection.files import KERAS, TFLITE, kind_of


def test_the_suffix_says_what_a_file_is(tmp_path):
    for name, kind in (("a.keras", KERAS), ("a.h5", KERAS), ("b_int8.tflite", TFLITE)):
        (tmp_path / name).write_bytes(b"x")
        assert kind_of(tmp_path / name) == kind_of(str(tmp_path / name)) == kind


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [("a.onnx", b"x", r"a\.onnx is neither a \.keras nor a \.tflite file"), ("a.keras", b"", "is empty")],
)
def test_what_is_none_is_named(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(EdgezooError, match=message):
        kind_of(tmp_path / name)
    with pytest.raises(EdgezooError, match="does not exist"):
        kind_of(tmp_path / "missing.tflite")
    (tmp_path / "folder.keras").mkdir()
    with pytest.raises(EdgezooError, match="is a folder, but no SavedModel"):
        kind_of(tmp_path / "folder.keras")
