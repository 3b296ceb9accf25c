"""Models and packages that are there for one test."""

import textwrap

import pytest

from edgezoo.zoo import list_models, registry
from edgezoo.zoo.entries import ENTRIES
from edgezoo.zoo.families import FAMILIES


@pytest.fixture
def own_models():
    """Takes the models that the test registers away again."""
    list_models()  # so that all others are there
    before = dict(ENTRIES)
    yield
    ENTRIES.clear()
    ENTRIES.update(before)


@pytest.fixture
def own_package(own_models, tmp_path, monkeypatch):
    """A function that installs a package of one module: its source, and the entry points by group."""
    module = f"own_package_{tmp_path.name}"

    def look_again():
        FAMILIES.__dict__.pop("_things", None)
        registry._enter_plugins.cache_clear()

    def install(source, points):
        (tmp_path / f"{module}.py").write_text(textwrap.dedent(source))
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        lines = [f"[{group}]\n{point.format(module=module)}\n" for group, point in points.items()]
        (info / "entry_points.txt").write_text("\n".join(lines))
        monkeypatch.syspath_prepend(tmp_path)
        look_again()

    yield install
    look_again()
