"""What the report shows of targets: where each operator of a file runs, why, and what it costs there."""

from ..export.placements import WORDS, in_words, memory_in_words, reasons, refusal_in_words
from .column import short_names
from .target_columns import check_of

#: Tables with more operators than this are closed until somebody opens them.
_OPEN_UP_TO = 40


def placement_tables(document):
    """What the page needs of each file that targets were asked about.

    Returns:
        List of dicts: ``name`` of the file; ``summary``, how many operators run where, a text a target; ``targets`` of
        the table's columns, dicts of ``name`` and ``costs`` (whether cycles are estimated); ``rows``, one an operator
        (see ``_rows``); ``reasons``, tuples of a target and one of ``placements.reasons``, in the order of the numbers
        in cells; ``facts``, a dict a target of what its check says besides; ``open``.
    """
    results = {result["file"]: result for result in document["results"]}  # each once, on however many devices it ran
    names = short_names([*results])
    return [
        {"name": name, **_of_file(result, checks)}
        for name, result in zip(names, results.values(), strict=True)
        if (checks := _checks(document, result))
    ]


def _checks(document, result):
    return {name: check for name in document.get("targets") or () if (check := check_of(result, name))}


def _of_file(result, checks):
    placed = {name: check for name, check in checks.items() if not check["refused"]}
    found = [(name, *reason) for name, check in placed.items() for reason in reasons(check)]
    numbers = {(name, op, where, why, remedy): k for k, (name, _, op, where, why, remedy) in enumerate(found, start=1)}
    rows = _rows(result, placed, numbers)
    return {
        "summary": [f"{name}: {in_words(check)}" for name, check in checks.items()],
        "targets": [{"name": name, "costs": bool(_costs(check))} for name, check in placed.items()],
        "rows": rows,
        "reasons": found,
        "facts": [_facts(name, check) for name, check in checks.items()],
        "open": len(rows) <= _OPEN_UP_TO,
    }


def _facts(name, check):
    return {
        "name": name,
        "by": check["by"],
        "words": in_words(check),
        "refusal": refusal_in_words(check),
        "memory": [f"{memory} {size}" for memory, size in memory_in_words(check)],
        "notes": check["notes"],
    }


def _rows(result, placed, numbers):
    """A dict an operator, of what each target that takes the file makes of it in ``cells``.

    ``share`` is that of the largest number in the column.
    """
    if not placed:
        return []
    layers = result.get("layers")
    costs = {name: _costs(check) for name, check in placed.items()}
    most = {name: max((cost["cycles"] for cost in each.values()), default=0) or 1 for name, each in costs.items()}
    heaviest = max((layer["macs"] for layer in layers or ()), default=0) or 1
    rows = []
    for operator in next(iter(placed.values()))["operators"]:
        index = operator["index"]
        layer = layers[index] if layers and index < len(layers) else None
        cells = []
        for name, check in placed.items():
            here, cost = check["operators"][index], costs[name].get(index)
            why = name, here["op"], WORDS[here["where"]], here["reason"], here["remedy"]
            cells.append(
                {
                    "where": here["where"],
                    "word": WORDS[here["where"]],
                    "reason": numbers.get(why),
                    "costs": bool(costs[name]),
                    "cost": cost,
                    "share": cost and cost["cycles"] / most[name],
                }
            )
        rows.append(
            {
                "index": index,
                "op": operator["op"],
                # The last of the fused layers gives an operator its name, the first did the most.
                "layer": ", ".join(operator["layers"][::-1]) or (layer and layer["name"].split(";")[0]),
                "output": layer and layer["output_shape"],
                "macs": layer and layer["macs"],
                "share": layer and layer["macs"] / heaviest,
                "cells": cells,
            }
        )
    return rows


def _costs(check):
    return {cost["index"]: cost for cost in check["figures"].get("by_operator", ())}
