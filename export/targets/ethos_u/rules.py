"""What Vela's rules say of an operator instance, without Vela."""

from . import general_rules, operator_rules
from .instance import Instance
from .table import rules_of


def broken(graph, operator, family):
    """What keeps an operator from the NPU.

    Args:
        graph, operator: of ``inspection.graph``.
        family: ``"55"``, ``"65"`` or ``"85"``.

    Returns:
        ``(reason, rule)``: words on this instance, and Vela's text, which is ``None`` where the family does not have
        the operator at all; ``None`` where nothing does.
    """
    rules = None if operator.is_custom else rules_of(family, operator.op)
    if rules is None:
        return f"Ethos-U{family} has no {operator.op}", None
    instance = Instance(graph, operator)
    for rule in rules:
        function, groups = function_of(rule)
        try:
            reason = function(instance, *groups)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):  # anybody's files
            reason = "it has not the inputs of its kind"
        if reason:
            return reason, rule
    return None


def function_of(rule):
    """``(function, groups)`` for the text of a rule; ``LookupError`` for one that is not known here."""
    found = general_rules.RULES.find(rule) or operator_rules.RULES.find(rule)
    if found is None:
        raise LookupError(f"no function stands for Vela's rule {rule!r}")
    return found
