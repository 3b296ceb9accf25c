"""Holds the static rules for the Edge TPU against what its compiler did: both rates of mistakes.

    python benchmarks/edgetpu_placements.py [FILE.csv | FOLDER] [--save LABEL]

``edgetpu_pairs.csv`` has the operators of seven public networks and whether Coral's compiler mapped each; the truth is
what is left of them in the compiled twins, which Coral publishes beside them. Only facts were taken: kinds of
operators, versions, types, sizes, wiring, small constants such as axes, options that matter.

A folder is searched for twins, ``NAME.tflite`` beside ``NAME_edgetpu.tflite``; networks that are built alike and were
mapped alike are counted once. ``edgetpu_sources.csv`` tells where the twins lie that the published rates are of.
"""

import collections
import csv
import json
import statistics
from pathlib import Path

import click
import numpy as np
import script

from edgezoo.common.errors import EdgezooError
from edgezoo.common.files import write_json
from edgezoo.export.targets.checking import ACCELERATOR
from edgezoo.export.targets.coral.compiled import holds_package, read_compiled
from edgezoo.export.targets.coral.static import static_check
from edgezoo.inspection.graph import Graph, Operator, Tensor, read_graph

PAIRS = Path(__file__).with_name("edgetpu_pairs.csv")
RESULTS = Path(__file__).parent / "results" / "edgetpu_placements.json"
#: Networks with fewer bytes of parameters tell nothing about how well these are foreseen.
LEAST_BYTES = 4096


def networks(path=PAIRS):
    """The networks of a table of operators.

    Args:
        path: CSV; ``source`` says which network a row is of, ``inputs`` and ``outputs`` are lists of tensors
            ``[number, type, shape, values]``, or ``null`` where an optional input is absent; values are ``null`` for
            what is computed, ``true`` for a constant whose values are left out.

    Returns:
        ``{source: (Graph, [whether each operator is mapped])}``.

    Raises:
        EdgezooError: the file is no such table.
    """
    try:
        with open(path, newline="", encoding="utf-8") as file:
            found = collections.defaultdict(list)
            for row in csv.DictReader(file, restval=""):
                found[row["source"]].append(row)
        return {source: (graph_of(rows), [row["mapped"] == "1" for row in rows]) for source, rows in found.items()}
    except (OSError, KeyError, ValueError) as error:
        raise EdgezooError(f"{path} is no table of operators as benchmarks/edgetpu_pairs.csv is.") from error


def graph_of(rows):
    """The ``Graph`` of one network's rows, dicts with the columns of the table as text."""
    tensors, data, operators = {}, {}, []
    made, used = set(), set()
    for place, row in enumerate(rows):
        ends = []
        for column in ("inputs", "outputs"):
            listed = json.loads(row[column])
            for number, dtype, shape, values in filter(None, listed):
                shape = tuple(shape)
                tensors[number] = Tensor(number, f"t{number}", shape, shape, dtype, (), (), 0, values is not None)
                if isinstance(values, list):
                    data[number] = np.array(values, dtype).tobytes()
            ends.append(tuple(-1 if each is None else each[0] for each in listed))
        used |= set(ends[0])
        made |= set(ends[1])
        operators.append(
            Operator(place, row["op"], *ends, json.loads(row["options"]), row["is_custom"] == "1", int(row["version"]))
        )
    absent = [Tensor(number, "", (), (), "int8", (), (), 0, False) for number in range(max(tensors, default=-1) + 1)]
    given = {number for number in used - made if number >= 0 and not tensors[number].is_constant}
    return Graph(
        tensors=tuple(tensors.get(each.index, each) for each in absent),
        operators=tuple(operators),
        inputs=tuple(sorted(given)),
        outputs=tuple(sorted(made - used)),
        signatures={},
        description="",
        subgraphs=1,
        kinds=frozenset((each.op, each.is_custom) for each in operators),
        _data=data,
    )


def twins(folder):
    """The networks of a folder of files beside their compiled twins.

    Args:
        folder: searched with all that is in it.

    Returns:
        ``{name: (Graph, [whether each operator is mapped], packages)}``; of those alike, the first.

    Raises:
        EdgezooError: there are none, or one is damaged.
    """
    found = {}
    for path in sorted(Path(folder).rglob("*_edgetpu.tflite")):
        source = path.with_name(path.name.replace("_edgetpu.tflite", ".tflite"))
        if not source.is_file():
            continue
        before, after = read_graph(source), read_graph(path)
        left = {
            after.tensors[index].name for each in after.operators if not holds_package(each) for index in each.outputs
        }
        mapped = [not left & {before.tensors[index].name for index in each.outputs} for each in before.operators]
        form = [(each.op, *(before.tensors[index].shape for index in each.outputs)) for each in before.operators]
        found.setdefault(repr((form, mapped)), (str(path.relative_to(folder)), (before, mapped, read_compiled(after))))
    if not found:
        raise EdgezooError(f"{folder} has no NAME.tflite beside a NAME_edgetpu.tflite.")
    return dict(found.values())


def compare(graph, mapped, every_subgraph=False):
    """``[(Placement, whether the compiler mapped it)]``; a file that is refused has none of it mapped."""
    found = {each.index: each for each in static_check(graph, every_subgraph=every_subgraph).operators}
    return [(found.get(each.index), truth) for each, truth in zip(graph.operators, mapped, strict=True)]


def rates(found):
    """Both kinds of mistakes over some networks, how far the parameters' bytes are off, and the mistakes in words.

    Args:
        found: what ``networks`` or ``twins`` returns.

    Returns:
        ``(figures, lines)``; ``figures`` is JSON-able.
    """
    counts, wrong, errors = collections.Counter(), [], []
    for source, (graph, mapped, *packages) in found.items():
        packages = packages[0] if packages else ()
        every = len(packages) > 1
        for operator, (placement, truth) in zip(graph.operators, compare(graph, mapped, every), strict=True):
            said = placement is not None and placement.where == ACCELERATOR
            counts[said, truth] += 1
            if said != truth:
                wrong.append(f"{source} operator {operator.index} {operator.op}: {'mapped' if truth else 'on the CPU'}")
        stored = sum(each.cached_bytes + each.streamed_bytes for each in packages)
        if stored >= LEAST_BYTES:
            memory = static_check(graph, every_subgraph=every).memory or {}
            errors.append(abs(sum(each["bytes"] for each in memory.values()) / stored - 1))
    return {
        "networks": len(found),
        "mapped": counts[False, True] + counts[True, True],
        "mapped_called_cpu": counts[False, True],
        "on_cpu": counts[True, False] + counts[False, False],
        "on_cpu_called_accelerated": counts[True, False],
        "parameter_bytes_mean_error": round(statistics.mean(errors), 4) if errors else None,
    }, wrong


@click.command()
@click.argument("path", default=PAIRS, type=click.Path(path_type=Path))
@click.option("--save", metavar="LABEL", help="Keep the figures under this name in benchmarks/results.")
def main(path, save):
    figures, wrong = rates(twins(path) if path.is_dir() else networks(path))
    print(
        f"operators: {figures['mapped']} that the compiler mapped, {figures['on_cpu']} that it left on the CPU, "
        f"of {figures['networks']} networks"
    )
    print(f"on the CPU, called accelerated: {figures['on_cpu_called_accelerated']} of {figures['on_cpu']}")
    print(f"mapped, called on the CPU: {figures['mapped_called_cpu']} of {figures['mapped']}")
    if figures["parameter_bytes_mean_error"] is not None:
        print(f"bytes of parameters: {figures['parameter_bytes_mean_error']:.1%} off in the mean")
    print("\n".join(wrong), end="\n" if wrong else "")
    if save:
        kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        write_json(RESULTS, {**kept, save: figures})


if __name__ == "__main__":
    script.run(main)
