import hashlib
import os
import signal
import subprocess
import sys

import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.common.files import copy, existing_file, output_folder, replacing, sha256, write_json


def test_sha256_is_hashlibs(tmp_path):
    (tmp_path / "a").write_bytes(b"edge" * 100_000)
    assert sha256(tmp_path / "a") == hashlib.sha256(b"edge" * 100_000).hexdigest()


def test_an_exception_leaves_what_was_there(tmp_path):
    target = tmp_path / "deep" / "result.json"
    write_json(target, {"old": 1})
    with pytest.raises(KeyboardInterrupt), replacing(target) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert target.read_text() == '{\n  "old": 1\n}\n'
    assert os.listdir(target.parent) == ["result.json"]


def test_a_finished_file_has_the_usual_permissions(tmp_path):
    (tmp_path / "plain").write_text("x")
    with replacing(tmp_path / "replaced") as temporary:
        temporary.write_text("x")
        assert temporary.suffix == ""
    assert (tmp_path / "replaced").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_the_suffix_is_kept_for_writers_that_go_by_it(tmp_path):
    with replacing(tmp_path / "m.keras") as temporary:
        assert temporary.suffix == ".keras"
        temporary.write_text("x")


def test_a_killed_writer_leaves_no_half_written_file(tmp_path):
    code = f"""
from edgezoo.common.files import replacing
with replacing({str(tmp_path / "out.bin")!r}) as temporary:
    with open(temporary, "wb") as file:
        file.write(b"x" * 1000); file.flush()
        print("writing", flush=True)
        time.sleep(60)
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "writing\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "out.bin").exists()


def test_missing_empty_and_folder_are_told_apart(tmp_path):
    (tmp_path / "empty").touch()
    for path, message in [
        (tmp_path / "none", "does not exist"),
        (tmp_path, "not a file"),
        (tmp_path / "empty", "is empty"),
    ]:
        with pytest.raises(EdgezooError, match=message):
            existing_file(path)


def test_a_copy_replaces_in_one_step(tmp_path):
    (tmp_path / "new").write_bytes(b"new")
    (tmp_path / "old").write_bytes(b"old")
    copy(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "old").read_bytes() == b"new"
    with pytest.raises(OSError):
        copy(tmp_path / "missing", tmp_path / "old")
    assert sorted(os.listdir(tmp_path)) == ["new", "old"] and (tmp_path / "old").read_bytes() == b"new"


def test_a_folder_to_write_to_is_judged_before_it_is_made(tmp_path):
    assert output_folder(tmp_path / "a" / "b", "it") == tmp_path / "a" / "b"
    assert output_folder(tmp_path, "it") == tmp_path
    assert not os.listdir(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(EdgezooError, match=r"/file is a file; give a folder for the report"):
        output_folder(tmp_path / "file", "the report")
    with pytest.raises(EdgezooError, match=r"/file/x cannot be made: .*/file is a file; give a folder for the report"):
        output_folder(tmp_path / "file" / "x", "the report")
