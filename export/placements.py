"""What a document of ``check_files`` says, for people, and of the layers of a network."""

import collections
import re

from .targets.checking import ACCELERATOR, CPU, NOWHERE

#: Where an operator runs, in words.
WORDS = {ACCELERATOR: "accelerator", CPU: "CPU", NOWHERE: "nowhere"}
#: What a layer may be besides: part of an operator of a layer before it, or without any that bears its name.
FUSED, FOLDED = "fused", "folded"


def in_words(check):
    """How much of the file runs on the accelerator, such as ``"7 of 10"``, ``"10 on the CPU"`` or ``"refused"``."""
    if check["refused"]:
        return "refused"
    nowhere = sum(operator["where"] == NOWHERE for operator in check["operators"])
    if not check["accelerated"] and not nowhere:
        return f"{check['total']} on the CPU"
    return f"{check['accelerated']} of {check['total']}" + (f", {nowhere} nowhere" if nowhere else "")


def refusal_in_words(check):
    """Why nothing of the file is taken and what to do, as a sentence; ``None`` of a file that is not refused."""
    if not check["refused"]:
        return None
    return check["refused"] + (f"; {check['remedy']}." if check["remedy"] else ".")


def reasons(check):
    """Why operators are not on the accelerator, each reason once.

    Returns:
        List of ``(indices, op, where, reason, remedy)``: indices in words, those of many cut short; ``where`` of
        ``WORDS``; remedy ``None`` where nobody knows one.
    """
    found = {}
    for operator in check["operators"]:
        if operator["reason"]:
            reason = operator["op"], WORDS[operator["where"]], operator["reason"], operator["remedy"]
            found.setdefault(reason, []).append(operator["index"])
    return [(_some(indices), *reason) for reason, indices in found.items()]


def memory_in_words(check):
    """What the file needs of each of a device's memories: list of ``(name, bytes)``, the latter in words."""
    return [
        (name, f"{memory['bytes']:,} bytes" + (f" of {memory['of']:,}" if memory["of"] else ""))
        for name, memory in check["memory"].items()
    ]


def beside_layers(layers, check):
    """Where each layer of ``describe --json`` runs, by the file's or the converted file's operators.

    Args:
        layers: those of a ``.tflite`` file, which are its operators, or of the model that was converted for the check.
        check: document of that file or model.

    Returns:
        For each layer ``{"where", "operators"}``: the indices of its operators, and where they run, the worst of
        several; ``"fused"`` if all are a layer's before it, too, ``"folded"`` if there are none, ``None`` if the file
        is refused.
    """
    operators = check["operators"]
    shares = _shares(layers, operators) if check["converted"] else [operators[k : k + 1] for k in range(len(layers))]
    found, owners = [], {}
    for layer, share in zip(layers, shares, strict=True):
        indices = [each["index"] for each in share]
        worst = max((each["where"] for each in share), key=[ACCELERATOR, CPU, NOWHERE].index, default=FOLDED)
        others = [owners.setdefault(index, layer["name"]) != layer["name"] for index in indices]
        where = FUSED if others and all(others) else worst
        found.append({"where": None if check["refused"] else where, "operators": indices})
    return found


def where_in_words(placement):
    """Where a layer of ``beside_layers`` runs, as a cell of a table."""
    return WORDS.get(placement["where"], placement["where"] or "refused")


def _shares(layers, operators):
    """The operators of each layer of a model; those of its second call are of ``conv:2``."""
    of_calls, calls = collections.defaultdict(list), collections.Counter()
    for operator in operators:
        for name in operator["layers"]:
            path, number = re.fullmatch(r"(.*?)(?::(\d+))?", name).groups(default="1")
            for part in path.split("/"):
                of_calls[part, int(number)].append(operator)
    shares = []
    for layer in layers:
        calls[layer["name"]] += 1
        # Two layers of one name are not two calls where they are of different models inside.
        call = min(calls[layer["name"]], max((k for name, k in of_calls if name == layer["name"]), default=1))
        shares.append(of_calls.get((layer["name"], call), []))
    return shares


def _some(indices):
    return ", ".join(map(str, indices[:8])) + (", …" if len(indices) > 8 else "")
