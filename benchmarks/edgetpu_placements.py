"""Holds the static rules for the Edge TPU against what its compiler did: both rates of mistakes.

    python benchmarks/edgetpu_placements.py [FILE.csv]

``edgetpu_pairs.csv`` has the operators of seven public networks and whether Coral's compiler mapped each; the truth is
what is left of them in the compiled twins, which Coral publishes beside them. Only facts were taken: kinds of
operators, versions, types, sizes, wiring, small constants such as axes, options that matter.
"""

import collections
import csv
import json
from pathlib import Path

import click
import numpy as np
import script

from edgezoo.common.errors import EdgezooError
from edgezoo.export.targets.checking import ACCELERATOR
from edgezoo.export.targets.coral.static import static_check
from edgezoo.inspection.graph import Graph, Operator, Tensor

PAIRS = Path(__file__).with_name("edgetpu_pairs.csv")


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


def compare(graph, mapped):
    """``[(Placement, whether the compiler mapped it)]``; a file that is refused has none of it mapped."""
    found = {each.index: each for each in static_check(graph).operators}
    return [(found.get(each.index), truth) for each, truth in zip(graph.operators, mapped, strict=True)]


@click.command()
@click.argument("path", default=PAIRS, type=click.Path(path_type=Path))
def main(path):
    counts, wrong = collections.Counter(), []
    for source, (graph, mapped) in networks(path).items():
        for operator, (placement, truth) in zip(graph.operators, compare(graph, mapped), strict=True):
            said = placement is not None and placement.where == ACCELERATOR
            counts[said, truth] += 1
            if said != truth:
                wrong.append(f"{source} operator {operator.index} {operator.op}: {'mapped' if truth else 'on the CPU'}")
    on_cpu, on_chip = counts[True, False] + counts[False, False], counts[False, True] + counts[True, True]
    print(f"operators: {on_chip} that the compiler mapped, {on_cpu} that it left on the CPU")
    print(f"on the CPU, called accelerated: {counts[True, False]} of {on_cpu}")
    print(f"mapped, called on the CPU: {counts[False, True]} of {on_chip}")
    print("\n".join(wrong), end="\n" if wrong else "")


if __name__ == "__main__":
    script.run(main)
