"""Documents of results, of this format version and of older ones.

``results.schema.json``, a JSON schema, describes them.
"""

import functools
import json
from pathlib import Path

from ..common.errors import EdgezooError
from ..common.files import read_small
from ..common.text import one_line

#: Written into every document of results; documents of older versions are still read.
FORMAT_VERSION = 1
#: Of a document: 10,000 rows with all their parts.
_MOST_BYTES = 1 << 28
_TYPES = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}


def read_results(path):
    """Reads a document of ``evaluate``, ``benchmark`` or ``compare``: ``results.json``, or what ``--json`` printed.

    Args:
        path: file of this or an older format version; one without a version is older than the first.

    Returns:
        The document, with all keys of the schema: those that it does not have are ``None``, and a part that is missing
        as a whole has nothing but ``None`` in it.

    Raises:
        EdgezooError: the file is missing or damaged, holds something else, or is of a newer version.
    """
    content = read_small(path, _MOST_BYTES)
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:  # neither UTF-8 nor JSON, or nested without end
        raise EdgezooError(f"{path} is damaged: {one_line(error, 200)}; measure again.") from error
    results = document.get("results") if isinstance(document, dict) else None
    if not isinstance(results, list) or not all(map(_is_of_a_file, results)):
        raise EdgezooError(f"{path} holds no results of `evaluate`, `benchmark` or `compare`.")
    version = document.get("format_version") or FORMAT_VERSION
    if not isinstance(version, int) or version > FORMAT_VERSION:
        raise EdgezooError(
            f"{path} has format version {version}, and this edgezoo reads up to {FORMAT_VERSION}; update edgezoo."
        )
    try:
        _complete(document, schema(), "the document")
    except TypeError as error:
        raise EdgezooError(f"{path} is damaged: {error}; measure again.") from error
    return document


@functools.cache
def schema():
    """The JSON schema of results documents."""
    return json.loads(Path(__file__).with_name("results.schema.json").read_text(encoding="utf-8"))


def _is_of_a_file(result):
    return isinstance(result, dict) and isinstance(result.get("file"), str)


def _complete(value, part, where):
    """Adds the keys that a value lacks by its part of the schema; a ``TypeError`` names what has another type."""
    part = _resolved(part)
    allowed = part.get("type", [])
    allowed = [allowed] if isinstance(allowed, str) else allowed
    if not isinstance(value, tuple(type_ for name in allowed for type_ in _TYPES[name])):
        raise TypeError(f"{where} is {json.dumps(value)[:40]}")
    if isinstance(value, list):
        for index, item in enumerate(value):
            _complete(item, part["items"], f"{where}[{index}]")
    elif isinstance(value, dict):
        for key, inner in _properties(part).items():
            if value.setdefault(key, {} if _resolved(inner)["type"] == "object" else None) is not None:
                _complete(value[key], inner, key)
        for key in value.keys() - _properties(part) if "additionalProperties" in part else ():
            _complete(value[key], part["additionalProperties"], key)


def _properties(part):
    own = part.get("properties", {})
    return {key: inner for base in part.get("allOf", ()) for key, inner in _properties(_resolved(base)).items()} | own


def _resolved(part):
    return schema()["$defs"][part["$ref"].removeprefix("#/$defs/")] if "$ref" in part else part
