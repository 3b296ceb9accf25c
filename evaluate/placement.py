"""What targets make of a comparison's files."""

from ..common.errors import EdgezooError
from ..export.checks import check_files
from ..inspection.files import KERAS, kind_of

#: What a result has of its file already, and what of one may be tens of thousands of lines.
_LEFT_OUT, _LONG = ("file", "sha256", "converted", "target"), "layers"


def placements(result, targets):
    """What targets make of a result's file.

    Args:
        result: of :func:`~edgezoo.evaluate.accuracy.evaluate_files`.
        targets: names of targets.

    Returns:
        ``(checks, failures)``: name of a target → its document of ``check --json`` without what the result says itself,
        and without single operations of an NPU; and sentences on targets that could not tell. A ``.keras`` file has no
        operators, so it has neither.

    Raises:
        EdgezooError: the file was changed in the meantime.
    """
    if not targets or kind_of(result["file"]) == KERAS:
        return {}, []
    try:
        checks, failures = check_files([result["file"]], targets)
    except EdgezooError as error:
        return {}, [f"No target was asked about {result['file']}: {error}"]
    for check in checks:
        require_unchanged(result, check)
        check["figures"] = {key: value for key, value in check["figures"].items() if key != _LONG}
    found = {check["target"]: {key: value for key, value in check.items() if key not in _LEFT_OUT} for check in checks}
    return found, [f"{result['file']} was not checked for {failure}" for failure in failures]


def require_unchanged(result, other):
    """An ``EdgezooError`` if another measure of the result's file was taken of other bytes."""
    if other["sha256"] != result["sha256"]:
        raise EdgezooError(f"{result['file']} was changed while it was being measured; run the comparison again.")
