"""Things by name, ours and other packages'."""

from types import SimpleNamespace

import pytest

from edgezoo.common.errors import EdgezooError, UnknownName
from edgezoo.common.registry import Registry, from_modules, plugins


def thing(name):
    return SimpleNamespace(name=name)


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A function that installs a package with entry points of the group ``edgezoo.tests``."""

    def install(module, source, points):
        (tmp_path / f"{module}.py").write_text(source)
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        lines = [f"{name} = {module}:{attribute}" for name, attribute in points.items()]
        (info / "entry_points.txt").write_text("[edgezoo.tests]\n" + "\n".join(lines) + "\n")
        monkeypatch.syspath_prepend(tmp_path)

    return install


def test_a_mapping_in_order_that_is_read_at_the_first_use():
    calls = []

    def ours():
        calls.append("ours")
        return [thing("b"), thing("a")]

    registry = Registry("toy", "edgezoo.tests.none", ours)
    assert calls == []
    assert list(registry) == ["b", "a"] and len(registry) == 2
    assert registry["a"].name == "a" and "a" in registry and "c" not in registry
    assert calls == ["ours"]


def test_an_unknown_name_meets_the_nearest_and_the_remedy():
    things = [thing("alpha"), thing("beta")]
    with pytest.raises(UnknownName, match=r"unknown toy 'alpa'; did you mean 'alpha'\? There are alpha, beta\."):
        Registry("toy", "edgezoo.tests.none", lambda: things)["alpa"]
    with pytest.raises(UnknownName, match=r"unknown toy 'x'\. See the list\."):
        Registry("toy", "edgezoo.tests.none", lambda: things, remedy="see the list")["x"]
    with pytest.raises(UnknownName) as error:
        Registry("toy", "edgezoo.tests.none", lambda: things, remedy="")["x"]
    assert str(error.value) == "unknown toy 'x'."


def test_modules_have_one_thing_or_several(tmp_path, monkeypatch):
    package = tmp_path / "toys_of_a_test"
    package.mkdir()
    (package / "__init__.py").touch()
    head = "from types import SimpleNamespace as Toy\n"
    (package / "one.py").write_text(f"{head}TOY = Toy(name='one')")
    (package / "more.py").write_text(f"{head}TOY = (Toy(name='two'), Toy(name='three'))")
    monkeypatch.syspath_prepend(tmp_path)
    registry = Registry("toy", "edgezoo.tests.none", from_modules("toys_of_a_test", ("more", "one"), "TOY"))
    assert list(registry) == ["two", "three", "one"]


def test_another_packages_things_come_behind_ours(installed):
    source = "from types import SimpleNamespace as Toy\nTOY, TOYS = Toy(name='z'), (Toy(name='y'), Toy(name='x'))"
    installed("more_toys", source, {"b": "TOYS", "a": "TOY"})
    assert list(Registry("toy", "edgezoo.tests", lambda: [thing("ours")])) == ["ours", "z", "y", "x"]
    assert [point.name for point in plugins("edgezoo.tests")] == ["a", "b"]
    read = Registry("toy", "edgezoo.tests", lambda: [], read=lambda point: thing(f"read {point.name}"))
    assert list(read) == ["read a", "read b"]


@pytest.mark.parametrize("source", ["raise ValueError('two\\nlines')", "OTHER = 1", "import no_such_module"])
def test_what_cannot_be_loaded_is_named_in_one_line(installed, source):
    installed("broken_toys", source, {"a": "TOY"})
    with pytest.raises(
        EdgezooError, match=r"broken_toys:TOY, which an installed package adds to edgezoo\.tests"
    ) as error:
        list(Registry("toy", "edgezoo.tests", lambda: []))
    assert "\n" not in str(error.value)


def test_a_name_is_there_once(installed):
    installed("same_toys", "from types import SimpleNamespace as Toy\nTOY = Toy(name='ours')", {"a": "TOY"})
    with pytest.raises(EdgezooError, match="two toys are named 'ours'; rename or uninstall one"):
        list(Registry("toy", "edgezoo.tests", lambda: [thing("ours")]))
