import json

import house
import pytest

from edgezoo.export import TARGETS, list_targets
from edgezoo.export.targets import Tool


def test_all_targets_with_all_fields_and_json_able():
    rows = list_targets()
    assert [row["name"] for row in rows] == list(TARGETS)
    assert len({tuple(row) for row in rows}) == 1
    assert json.loads(json.dumps(rows)) == rows
    assert all(row["needs"] and row["how"] and row["takes"] and row["ships"] for row in rows)
    assert all(bool(row["checked_by"]) == row["checked"] for row in rows)


def test_without_its_tool_a_check_is_static(monkeypatch):
    monkeypatch.setattr(Tool, "found", lambda tool: None)
    assert all(row["static"] for row in list_targets() if row["checked"])


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


def test_what_nothing_uses_is_said_to_be_looked_for_only():
    """A tool without a use is a package that nothing here imports, or a program that nothing here starts.

    That of a target that compiles or runs is what it does so with.
    """
    sources = "".join(path.read_text() for path in house.package_files().values() if "targets" not in path.parts)
    for row, target in zip(list_targets(), TARGETS.values(), strict=True):
        module = target.tool.name.replace("-", "_")
        used = f"import {module}" in sources or f"from {module}" in sources or f'"{target.tool.name}",' in sources
        used = used or f'which("{target.tool.name}")' in sources or bool(target.compile or target.run)
        assert used == bool(target.tool.use)
        assert row["how"] == f"{target.tool.how}; {target.tool.role}"
        assert ("only looked for" in row["how"]) != used
