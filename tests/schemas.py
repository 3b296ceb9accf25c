"""Documents against the JSON schemas that ship."""

import json
from importlib import resources

import jsonschema


def assert_valid(document, room, name):
    """The document, as JSON, is valid by ``name.schema.json`` of a room, and that schema is a sound one itself."""
    schema = json.loads((resources.files(f"edgezoo.{room}") / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(json.loads(json.dumps(document)))
