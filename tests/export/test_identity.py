"""A file is known by what it carries, then by the manifest beside it, then by its name."""

import json
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgezoo.common.files import sha256
from edgezoo.evaluate.identity import describe_file
from edgezoo.export.identity import file_name, identity_of, network_of, tagged
from edgezoo.export.schemes import SCHEMES
from edgezoo.inspection import read_graph
from edgezoo.inspection.metadata import read_metadata, with_metadata
from edgezoo.inspection.writing import written


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_renamed_file_is_still_what_it_was(fixed, tmp_path, scheme):
    for name in ("mine.tflite", "other_float32.tflite", "a_int8_96.tflite"):
        shutil.copy(fixed.files[scheme], tmp_path / name)
        assert identity_of(tmp_path / name) == ("net", scheme, sha256(fixed.path)[:10])
        assert describe_file(tmp_path / name)["network"] == describe_file(fixed.path)["network"]


def test_a_file_of_before_is_known_by_the_manifest_beside_it(fixed, tmp_path):
    """Without an entry of its own or with one that does not tell the network, and renamed within its bundle."""
    plain = untagged(fixed.files["int8"].read_bytes())
    short = with_metadata(plain, "edgezoo", b'["net","int8"]')
    manifest = json.loads((fixed.out / "manifest.json").read_text())
    path = tmp_path / "renamed.tflite"
    for content, alone in ((plain, ("renamed", None, None)), (short, ("net", "int8", None))):
        path.write_bytes(content)
        (tmp_path / "manifest.json").unlink(missing_ok=True)
        assert identity_of(path) == alone
        manifest["files"]["net_int8.tflite"] = sha256(path)
        (tmp_path / "manifest.json").write_text(json.dumps(manifest))
        assert identity_of(path) == ("net", "int8", sha256(fixed.path)[:10])
    (tmp_path / "another_float16.tflite").write_bytes(plain + b"more")
    assert identity_of(tmp_path / "another_float16.tflite") == ("another", "float16", None)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"model": 1}', '{"model": {"sha256": "", "file": 3}, "files": [1]}'])
def test_a_manifest_of_somebody_elses_says_nothing(fixed, tmp_path, text):
    (tmp_path / "a_int8.tflite").write_bytes(untagged(fixed.files["int8"].read_bytes()))
    (tmp_path / "manifest.json").write_text(text)
    assert identity_of(tmp_path / "a_int8.tflite") == ("a", "int8", None)


@pytest.mark.parametrize(
    "entry",
    [b"", b"[]", b"{", b"\xff", b"[1,2]",
     b'["a",["int8"]]', b'["a","int3"]', b'["a\\u001b[31m","int8"]', b'["a","int8","b"]',
     b"//", b"a/int8/", b"a/int8/123456", b"a/int3/12345", b"/int8/12345", b"a\x1b/int8/12345", b"\xff/int8/12345"],
)  # fmt: skip
def test_an_entry_that_is_none_of_ours_is_left_alone(fixed, tmp_path, entry):
    content = with_metadata(untagged(fixed.files["int8"].read_bytes()), "edgezoo", entry)
    (tmp_path / "stranger.tflite").write_bytes(content)
    assert identity_of(tmp_path / "stranger.tflite") == ("stranger", None, None)


def test_the_entry_changes_nothing_else(fixed, pictures, interpret, tmp_path):
    """The same graph and the same answers, for less than a hundred bytes."""
    content = fixed.files["int8"].read_bytes()
    plain = untagged(content)
    assert len(plain) < len(content) < len(plain) + 100
    (tmp_path / "plain.tflite").write_bytes(plain)
    one, other = read_graph(content), read_graph(plain)
    assert (one.tensors, one.operators, one.signatures) == (other.tensors, other.operators, other.signatures)
    answers = [interpret(path, pictures.test[:5]) for path in (fixed.files["int8"], tmp_path / "plain.tflite")]
    assert (answers[0] == answers[1]).all()


def test_metadata_of_damaged_files_is_none(fixed, tmp_path):
    content = fixed.files["int8"].read_bytes()
    for name, damaged in {"cut": content[:500], "noise": bytes(range(256)), "empty": b""}.items():
        (tmp_path / name).write_bytes(damaged)
        assert read_metadata(tmp_path / name, "edgezoo") is None
    assert read_metadata(tmp_path / "missing", "edgezoo") is None


@given(st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True), st.sampled_from(list(SCHEMES)), st.integers(0, 999))
def test_names_are_read_back(model, scheme, size):
    assert identity_of(f"/nowhere/{file_name(model, scheme, size)}") == (model, scheme, None)


def untagged(content):
    """The same file without edgezoo's entry, as exports of before have it."""
    from ai_edge_litert.tools import flatbuffer_utils

    model = flatbuffer_utils.convert_bytearray_to_object(content)
    model.metadata = [entry for entry in model.metadata if entry.name != b"edgezoo"]
    model.buffers.pop()
    return written(model)


def test_a_tag_is_what_an_export_writes(fixed):
    content = fixed.files["int8"].read_bytes()
    assert tagged(untagged(content), "net", "int8", network_of(sha256(fixed.path))) == content
