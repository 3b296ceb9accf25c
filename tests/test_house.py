"""The house rules that a machine can hold: where imports point, and what an import costs."""

import ast
import configparser
import re
import subprocess
import sys
from pathlib import Path

import house
import pytest

ROOT = Path(__file__).resolve().parents[1]
#: A face may offer a name of another room's, to be imported on first use. One leads upward: for callers from before.
UPWARD_NAMES = {"edgezoo.zoo": {"describe", "read_graph"}}


def test_every_folder_of_the_package_is_a_room_with_a_floor():
    packaged = {name.split(".")[1] for name in house.package_files() if name.count(".")} & {
        path.parent.name for path in ROOT.glob("*/__init__.py")
    }
    assert packaged == set(house.FLOORS) == set(house.PURPOSES)


def test_imports_point_down_the_house():
    floor = {room: number for number, room in enumerate(house.FLOORS)}
    upward = {
        f"{module} imports {target}"
        for module, targets in house.imports().items()
        for target in targets
        if house.room_of(module)
        and floor.get(house.room_of(target), 99) > floor[house.room_of(module)]
        # Commands put together what stands beside them: the program's name and version, quickstart, doctor.
        and not (house.room_of(module) == "commands" and house.room_of(target) is None)
    }
    assert not upward


@pytest.mark.parametrize("room", ["zoo", "datasets"])
def test_the_ground_floor_stands_on_common_alone(room):
    assert {target for source, target in house.arrows() if source == room} == {"common"}


def test_nothing_imports_in_a_circle():
    assert house.circles() == []


def test_names_of_faces_lead_down():
    floor = {room: number for number, room in enumerate(house.FLOORS)}
    for module, path in house.package_files().items():
        if path.name != "__init__.py" or not house.room_of(module):
            continue
        homes = house.names_of_face(module)
        upward = {name for name, home in homes.items() if floor[house.room_of(home)] > floor[house.room_of(module)]}
        assert upward == UPWARD_NAMES.get(module, set())


def test_inside_the_package_imports_are_relative():
    for path in house.package_files().values():
        if path.name == "example.py":  # it is copied into bundles, and runs on its own
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
            assert not [name for name in names if name.split(".")[0] == "edgezoo"], path


def test_modules_are_small():
    lengths = {path: len(path.read_text().splitlines()) for path in house.package_files().values()}
    assert not {str(path): length for path, length in lengths.items() if length > 400}
    assert lengths[ROOT / "cli.py"] <= 120


def test_no_six_lines_stand_twice():
    """Blank lines, comments, imports and lone punctuation do not count, white space is folded."""
    places = {}
    for path in house.package_files().values():
        lines = [
            (number, " ".join(line.split()))
            for number, line in enumerate(path.read_text().splitlines(), start=1)
            if re.search(r"\w", line) and not re.match(r"\s*(#|import |from \S+ import )", line)
        ]
        for k in range(len(lines) - 5):
            run = tuple(text for _, text in lines[k : k + 6])
            places.setdefault(run, []).append(f"{path.relative_to(ROOT)}:{lines[k][0]}")
    assert not {where[0]: where[1:] for where in places.values() if len(where) > 1}


#: Packages whose modules are called otherwise.
MODULES = {"PyYAML": "yaml", "pillow": "PIL", "pytest-xdist": "xdist", "scikit-learn": "sklearn"}


def declared(section, option):
    """Top-level modules of the packages that a list of ``setup.cfg`` requires."""
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    lines = [line.strip() for line in settings[section][option].splitlines()]
    names = [re.match(r"[\w-]+", line)[0] for line in lines if line and line[0] not in "#%"]
    return {MODULES.get(name, name.replace("-", "_")) for name in names}


def imported(paths):
    """Top-level modules that files import."""
    found = set()
    for node in (node for path in paths for node in ast.walk(ast.parse(path.read_text()))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names)


def test_declared_is_what_is_used():
    assert imported(house.package_files().values()) == declared("options", "install_requires")


def test_what_tests_and_benchmarks_import_is_declared_too():
    files = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").glob("*.py")]
    ours = {"edgezoo", *(path.stem for path in (ROOT / "benchmarks").glob("*.py"))}
    known = declared("options", "install_requires") | declared("options.extras_require", "dev")
    assert imported(files) - ours - known == set()


@pytest.mark.parametrize(
    "code",
    [
        "import edgezoo",
        "import edgezoo.cli",
        "import edgezoo.zoo, edgezoo.datasets, edgezoo.train, edgezoo.export, edgezoo.evaluate",
        "import edgezoo.zoo; edgezoo.zoo.list_models()",
        "import edgezoo.inspection.catalog as c; c.catalog()",
        "import edgezoo.export; list(edgezoo.export.SCHEMES), edgezoo.export.list_targets()",
    ],
)
def test_tensorflow_stays_out(code):
    heavy = ["tensorflow", "keras", "matplotlib", "sklearn", "statsmodels", "pandas"]
    probe = f"{code}\nimport sys\nprint([m for m in {heavy} if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", probe], text=True).strip() == "[]"


def test_the_zoo_works_with_nothing_but_keras_beside_it():
    """Everything the zoo itself does not need is hidden; a network is built and run."""
    probe = """
import sys
for name in ("click", "yaml", "PIL", "sklearn", "statsmodels", "matplotlib", "ai_edge_litert", "psutil"):
    sys.modules[name] = None
import numpy as np
from edgezoo.zoo import StridedCNN, build
print(build("strided_xs")(np.zeros((1, 28, 28, 1), "float32")).shape)
"""
    result = subprocess.run([sys.executable, "-c", probe], text=True, capture_output=True)
    assert result.stdout.strip().endswith("(1, 10)"), result.stderr[-2000:]
