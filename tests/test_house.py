"""The house rules that a machine can hold: where imports point, and what an import costs."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
#: From the ground floor up; a room may import itself and what stands before it.
FLOORS = [
    "common", "zoo", "datasets", "inspection", "runtime", "train", "export", "evaluate", "explain", "experiments",
    "commands",
]  # fmt: skip
ALLOWED = {room: set(FLOORS[:floor]) for floor, room in enumerate(FLOORS)} | {"zoo": {"common"}, "datasets": {"common"}}


def imported_rooms(path, room):
    """Rooms that a module imports, relatively or by name."""
    depth = len(path.relative_to(ROOT / room).parts)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            module = (node.module or "").split(".")
            if node.level == depth + 1:
                yield from [module[0]] if module[0] else [alias.name for alias in node.names]
            elif node.level == 0 and module[0] == "edgezoo":
                yield f"absolute import of {node.module}"
        elif isinstance(node, ast.Import):
            yield from (f"absolute import of {a.name}" for a in node.names if a.name.split(".")[0] == "edgezoo")


@pytest.mark.parametrize("room", FLOORS)
def test_imports_point_down_the_house(room):
    modules = sorted((ROOT / room).rglob("*.py"))
    assert modules
    for path in modules:
        strangers = set(imported_rooms(path, room)) - ALLOWED[room] - {room}
        assert not strangers, f"{path.relative_to(ROOT)} imports {strangers}"


@pytest.mark.parametrize(
    "code",
    [
        "import edgezoo",
        "import edgezoo.cli",
        "import edgezoo.zoo, edgezoo.datasets, edgezoo.train, edgezoo.export, edgezoo.evaluate",
        "import edgezoo.zoo; edgezoo.zoo.list_models()",
        "import edgezoo.inspection.catalog as c; c.catalog()",
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
