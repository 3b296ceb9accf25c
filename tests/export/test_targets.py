import json

import pytest

from edgezoo.export import TARGETS, list_targets
from edgezoo.export.targets import Tool


def test_all_targets_with_all_fields_and_json_able():
    rows = list_targets()
    assert [row["name"] for row in rows] == list(TARGETS)
    assert all(row.keys() == {"name", "runtime", "takes", "needs", "how", "found"} for row in rows)
    assert json.loads(json.dumps(rows)) == rows
    assert all(row["needs"] and row["how"] and row["takes"] for row in rows)


def test_a_program_is_found_on_the_path(tmp_path, monkeypatch):
    coral = Tool("edgetpu_compiler", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert coral.found() is None
    (tmp_path / "edgetpu_compiler").touch(mode=0o755)
    assert coral.found() == str(tmp_path / "edgetpu_compiler")


@pytest.mark.parametrize(("package", "found"), [("numpy", True), ("no-such-package", False)])
def test_a_package_is_found_with_its_version(package, found):
    import numpy

    expected = f"numpy {numpy.__version__}" if found else None
    assert Tool(package, "", is_package=True).found() == expected
