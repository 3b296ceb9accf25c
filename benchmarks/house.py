"""The structure of the package, read off its imports: for the tests that hold it and the picture that shows it.

Every import counts, those inside functions too, and names that a room's face or a registry looks up by a string.
"""

import ast
import functools
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: The rooms from the ground floor up: each may import those before it.
FLOORS = (
    "common", "zoo", "datasets", "inspection", "runtime", "train", "compress", "export", "evaluate", "explain",
    "experiments", "commands",
)  # fmt: skip
#: What is said of a room in the picture.
PURPOSES = {
    "common": "errors, files, child processes, progress, text",
    "zoo": "families, registry, weights",
    "datasets": "name or folder → a Dataset",
    "inspection": "arithmetic, layer tables, the .tflite graph",
    "runtime": "a file runs",
    "train": "fit, recipes, distribution",
    "compress": "QAT, pruning, clustering",
    "export": ".keras → .tflite → a bundle",
    "evaluate": "what does this file do?",
    "explain": "what does it see?",
    "experiments": "what is it worth?",
    "commands": "parse, call, print",
}


def package_files():
    """``{module: path}`` of the whole package, ``"edgezoo.zoo.layers"``, packages by their own name.

    Templates are no part of it: they are copied into bundles, and run on their own.
    """
    files = {}
    for path in [*ROOT.glob("*.py"), *(file for room in FLOORS for file in (ROOT / room).rglob("*.py"))]:
        parts = path.relative_to(ROOT).with_suffix("").parts
        if "templates" in parts:
            continue
        files[".".join(("edgezoo", *(part for part in parts if part != "__init__")))] = path
    return files


@functools.cache
def imports():
    """``{module: set of modules}``: what each module of the package imports of the package."""
    files = package_files()
    faces = {module: names_of_face(module) for module, path in files.items() if path.name == "__init__.py"}
    graph = {}
    for module, path in files.items():
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        graph[module] = {target for found in _imported(path, package) for target in _resolved(*found, files, faces)} - {
            module
        }
    return graph


def _imported(path, package):
    """Pairs (module, name) of what a file imports of the package; the name is ``None`` for a whole module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1])
            base = f"{base}.{node.module}" if node.module else base
            yield from ((base, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "edgezoo":
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names if alias.name.split(".")[0] == "edgezoo")
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "from_modules":
            names = node.args[1]
            assert isinstance(names, ast.Tuple), f"{path}: from_modules takes a tuple of names"
            yield from ((f"{package}.{name.value}", None) for name in names.elts)


def _resolved(module, name, files, faces):
    """The modules that an import leads to: a submodule, the home of a name of a face, or the module itself."""
    if name is not None and f"{module}.{name}" in files:
        return [f"{module}.{name}"]
    home = faces.get(module, {}).get(name)
    if home:
        return [home]
    return [module] if module in files else []


def names_of_face(module):
    """``{name: module}`` of the names that a package offers and imports on first use."""
    for node in ast.walk(ast.parse(package_files()[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "lazy" and isinstance(node.args[1], ast.Dict):
            pairs = zip(node.args[1].keys, node.args[1].values, strict=True)
            above = module.rpartition(".")[0]
            return {
                key.value: f"{above}{value.value}" if value.value.startswith(".") else f"{module}.{value.value}"
                for key, value in pairs
                if key is not None
            }
    return {}


def room_of(module):
    """``"zoo"`` for ``"edgezoo.zoo.layers"``; ``None`` for the modules beside the rooms."""
    room = module.split(".")[1:2]
    return room[0] if room and room[0] in FLOORS else None


def arrows():
    """Pairs (room, room below it that it imports)."""
    return {
        (room_of(module), room_of(target))
        for module, targets in imports().items()
        for target in targets
        if room_of(module) and room_of(target) and room_of(module) != room_of(target)
    }


def circles():
    """Lists of modules that import each other in a circle (Tarjan's strongly connected components)."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    graph = imports()
    numbers = {module: number for number, module in enumerate(graph)}
    edges = [(numbers[module], numbers[target]) for module, targets in graph.items() for target in targets]
    rows, columns = zip(*edges, strict=True)
    matrix = csr_matrix(([1] * len(edges), (rows, columns)), shape=(len(graph), len(graph)))
    _, labels = connected_components(matrix, directed=True, connection="strong")
    components = {}
    for module, number in numbers.items():
        components.setdefault(labels[number], []).append(module)
    return [members for members in components.values() if len(members) > 1]


def direct_arrows():
    """The ``arrows`` without those that a way over other rooms makes plain: the fewest with the same reach."""
    below = {room: {target for source, target in arrows() if source == room} for room in FLOORS}

    def reach(room):
        return below[room] | {further for target in below[room] for further in reach(target)}

    return {
        (room, target)
        for room in FLOORS
        for target in below[room]
        if not any(target in reach(other) for other in below[room] - {target})
    }


def draw():
    """The rooms on their floors, each arrow an import, as a ``matplotlib`` figure."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

    links = direct_arrows()
    level = {}
    for room in FLOORS:  # one above the highest room that it imports
        level[room] = 1 + max((level[target] for source, target in links if source == room), default=-1)
    floors = [[room for room in FLOORS if level[room] == floor] for floor in range(max(level.values()) + 1)]
    figure = Figure(figsize=(9, 1.15 * len(floors)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.axis("off")
    width, height, centre = 2.9, 0.56, {}
    for floor, rooms in enumerate(floors):
        for place, room in enumerate(rooms):
            x = (place - (len(rooms) - 1) / 2) * 3.2
            centre[room] = (x, floor)
            style = {"boxstyle": "round,pad=0,rounding_size=0.08", "facecolor": "#DCEBF7", "edgecolor": "#0072B2"}
            axes.add_patch(FancyBboxPatch((x - width / 2, floor - height / 2), width, height, **style))
            axes.text(x, floor + 0.11, f"{room}/", ha="center", va="center", weight="bold", fontsize=10)
            axes.text(x, floor - 0.12, PURPOSES[room], ha="center", va="center", fontsize=7)
    for room, target in sorted(links):
        (x, y), (u, v) = centre[room], centre[target]
        bend = 0.0 if y - v == 1 else 0.25 * (1 if x >= u else -1)
        style = {"arrowstyle": "-|>", "mutation_scale": 9, "color": "#444444", "linewidth": 0.8, "zorder": 0}
        ends = (x, y - height / 2), (u, v + height / 2)
        axes.add_patch(FancyArrowPatch(*ends, connectionstyle=f"arc3,rad={bend}", **style))
    axes.set(xlim=(-5.2, 5.2), ylim=(-0.5, len(floors) - 0.5))
    return figure
