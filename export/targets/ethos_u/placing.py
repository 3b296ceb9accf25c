"""From what Vela, or its rules, say of a file's operators to placements in words."""

from ..checking import ACCELERATOR, CPU, Placement
from .remedies import remedy_of
from .rules import broken
from .vela import left_to_cpu


def placed_by_vela(graph, result, family):
    """Placements by what is left in the compiled file.

    Args:
        graph: of the file.
        result: ``vela.Compiled`` of it.
        family: ``"55"``, ``"65"`` or ``"85"``.

    Returns:
        ``(placements, lost)``, ``lost`` as of ``vela.left_to_cpu``.
    """
    left, lost = left_to_cpu(graph, result)
    return _placements(graph, left, lambda each: _reason_of_vela(graph, each, result.warnings, family)), lost


def placed_by_rules(graph, family):
    """Placements by the saved rules alone."""
    found = {each.index: why for each in graph.operators if (why := broken(graph, each, family))}
    return _placements(graph, found, lambda each: found[each.index])


def _placements(graph, on_cpu, why):
    def placement(each):
        if each.index not in on_cpu:
            return Placement(each.index, each.op, ACCELERATOR)
        words, rule = why(each)
        return Placement(each.index, each.op, CPU, _sentence(words, rule), remedy_of(graph, each, rule))

    return tuple(map(placement, graph.operators))


def _sentence(words, rule):
    # Rules of several lines only say of all cases what the words say of this one.
    return words if rule is None or "\n" in rule.strip() else f"{words}; Vela's rule: {rule.strip().removesuffix('.')}"


def _reason_of_vela(graph, operator, warnings, family):
    """``(words, rule)``: the saved rules' words, which are plainer, where they agree that it stays; else Vela's."""
    if found := broken(graph, operator, family):
        return found
    words, _, rule = warnings.get(graph.name_of(operator), "").removeprefix("Reason: ").partition("\n")
    return words or "Vela leaves it there and does not say why", rule or None
