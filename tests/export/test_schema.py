import json

from ..schemas import assert_valid


def test_manifests_are_valid_by_the_schema(fixed, variable):
    for bundle in (fixed, variable):
        assert_valid(json.loads((bundle.out / "manifest.json").read_text()), "export", "manifest")
