"""A collection of functions that stand for rules of Vela's, found by the rules' text."""

import re


class Rulebook:
    """Functions from ``(instance, *groups of a pattern)`` to the reason why not, or ``None``."""

    def __init__(self):
        self._functions = {}

    def rule(self, pattern):
        """Decorator: the function stands for the rules whose text begins as the regular expression says."""

        def register(function):
            self._functions[re.compile(pattern, re.DOTALL)] = function
            return function

        return register

    def find(self, text):
        """``(function, groups)`` for a rule's text; ``None`` where there is none."""
        matches = ((function, pattern.match(text)) for pattern, function in self._functions.items())
        return next(((function, match.groups()) for function, match in matches if match), None)


def types_in(text):
    """Names of types as in ``inspection.graph`` from a list in a rule's text."""
    return {word.lower() for word in re.findall(r"\w+", text)} - {"or"}
