"""What a document of ``check_files`` says, for people."""

from .targets.checking import ACCELERATOR, CPU, NOWHERE

#: Where an operator runs, in words.
WORDS = {ACCELERATOR: "accelerator", CPU: "CPU", NOWHERE: "nowhere"}


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


def _some(indices):
    return ", ".join(map(str, indices[:8])) + (", …" if len(indices) > 8 else "")
