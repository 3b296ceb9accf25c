"""The converter's own messages, many lines of MLIR, as one line and what it says of operators.

``details`` of an error about operators, here and from ``verification``:

- ``"operators"``: list of ``[operator, node]``; the node is a path in the graph, or ``None`` where nothing tells it.
- ``"lacking"``: what they have no form in, ``BUILT_IN`` or ``INTEGER``.
"""

import re

from ..common.errors import EdgezooError

BUILT_IN, INTEGER = "built-in operators", "integers"


def from_converter(message):
    """The ``EdgezooError`` for a text that the converter raised, with ``details`` if it is about operators."""
    line = _telling_line(message)
    # loc(callsite(fused["Erfinv:", "functional_1/my_layer_1/Erfinv@__inference_…"] at …)): error: 'tf.Erfinv' op is …
    missing = re.findall(
        r'fused\["\w+:", "([^"@]+)[^\n]*?\'tf\.(\w+)\' op is neither a custom op nor a flex op', message
    )
    if missing:
        return EdgezooError(line, about_operators(BUILT_IN, [(operator, node) for node, operator in missing]))
    refused = re.findall(r"Quantization to 16x8-bit not yet supported for op: '(\w+)'", message)
    if refused:
        return EdgezooError(line, about_operators(INTEGER, [(operator, None) for operator in refused]))
    return EdgezooError(line)


def about_operators(lacking, operators):
    """``details`` of an error about operators, pairs (operator, node)."""
    return {"lacking": lacking, "operators": [list(pair) for pair in operators]}


def _telling_line(message):
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"error:|not (yet )?supported|Check failed", line)]
    return re.sub(r"loc\(.*\)(?=: )|<unknown>:0: ", "", (telling or lines or ["no message"])[0])[:300].rstrip(".")
