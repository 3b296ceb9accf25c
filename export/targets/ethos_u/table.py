"""What Vela says of itself, saved in ``vela.json`` by ``benchmarks/vela_rules.py``: rules, systems, memory modes."""

import functools
import json
from pathlib import Path


@functools.cache
def saved():
    """The saved document.

    Returns:
        Dict of ``version`` of Vela; ``systems``: name → ``clock_hz``; ``memory_modes``: name → ``cache_bytes``, the
        size of the SRAM that is the NPU's alone, where it is fixed; ``rules``: texts; ``operators``: family → operator
        → numbers of rules.
    """
    return json.loads(Path(__file__).with_name("vela.json").read_text(encoding="utf-8"))


def rules_of(family, op):
    """Texts of the rules that an operator is under, or ``None`` where the family does not have it.

    Args:
        family: ``"55"``, ``"65"`` or ``"85"``.
        op: name as in ``inspection.graph.Operator``.
    """
    # Vela has the name of its own.
    numbers = saved()["operators"][f"EthosU{family}"].get("ARGMAX" if op == "ARG_MAX" else op)
    return None if numbers is None else [saved()["rules"][number] for number in numbers]
