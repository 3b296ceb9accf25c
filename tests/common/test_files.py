import errno
import hashlib
import os
import signal
import subprocess
import sys

import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.common.files import (
    copy,
    existing_file,
    naming_full_disk,
    output_file,
    output_folder,
    replacing,
    sha256,
    size_bytes,
    write_json,
)


def test_sha256_is_hashlibs(tmp_path):
    (tmp_path / "a").write_bytes(b"edge" * 100_000)
    assert sha256(tmp_path / "a") == hashlib.sha256(b"edge" * 100_000).hexdigest()


def test_a_folder_has_the_hash_and_the_size_of_what_is_in_it(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder / "inner").mkdir(parents=True)
        (tmp_path / folder / "inner" / "file").write_bytes(b"edge")
    assert sha256(tmp_path / "a") == sha256(tmp_path / "b")
    assert size_bytes(tmp_path / "a") == 4
    (tmp_path / "b" / "inner" / "file").rename(tmp_path / "b" / "file")
    assert sha256(tmp_path / "a") != sha256(tmp_path / "b")


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


def test_a_link_to_nothing_is_no_folder(tmp_path):
    (tmp_path / "link").symlink_to("nowhere")
    for path in (tmp_path / "link", tmp_path / "link" / "x"):
        with pytest.raises(EdgezooError, match=r"/link is a link to nothing; give a folder for the run"):
            output_folder(path, "the run")


def test_a_folder_that_cannot_be_written_to_is_refused_with_the_reason(tmp_path, monkeypatch):
    with pytest.raises(
        EdgezooError, match=r"^/proc/x/y cannot be made: /proc cannot be written to \(.+\); give another"
    ):
        output_folder("/proc/x/y", "the run")  # not even root can
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)
    for path in (tmp_path, tmp_path / "x"):
        with pytest.raises(
            EdgezooError, match=r"cannot be written to \(Permission denied\); give another folder for it"
        ):
            output_folder(path, "it")
    assert not os.listdir(tmp_path)


def test_a_file_to_write_is_judged_with_its_folder(tmp_path, monkeypatch):
    assert output_file(tmp_path / "a" / "b.png", "it") == tmp_path / "a" / "b.png"
    monkeypatch.chdir(tmp_path)
    assert str(output_file("b.png", "it")) == "b.png"
    (tmp_path / "old.png").touch()
    assert output_file(tmp_path / "old.png", "it") == tmp_path / "old.png"
    with pytest.raises(EdgezooError, match=r"is a folder; give the name of a file for the picture"):
        output_file(tmp_path, "the picture")
    with pytest.raises(EdgezooError, match=r"/old.png is a file; give a folder for the picture"):
        output_file(tmp_path / "old.png" / "x.png", "the picture")
    assert os.listdir(tmp_path) == ["old.png"]


@pytest.fixture
def mounted(tmp_path):
    """A function that mounts a small file system with options and returns its path; skips where that is not allowed."""
    folders = []

    def mount(options):
        folder = tmp_path / f"mounted{len(folders)}"
        folder.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True)
        if done.returncode:
            pytest.skip("mounting is not allowed here")
        folders.append(folder)
        return folder

    yield mount
    for folder in folders:
        subprocess.run(["umount", folder], check=True)


def test_a_read_only_disk_is_refused(mounted):
    folder = mounted("ro")
    with pytest.raises(
        EdgezooError, match=r"cannot be written to \(Read-only file system\); give another folder for it"
    ):
        output_folder(folder / "x", "it")


def test_a_disk_that_is_full_is_told_with_the_path(mounted):
    folder = mounted("size=8k")
    with pytest.raises(EdgezooError) as error:
        write_json(folder / "sub" / "large.json", ["x" * 1000] * 100)
    assert str(error.value) == (
        f"{folder}/sub/large.json cannot be written: no space is left on its disk; make room, or write to another disk."
    )
    assert os.listdir(folder / "sub") == []


@pytest.mark.parametrize(
    ("number", "reason"),
    [(errno.ENOSPC, "no space is left"), (errno.EDQUOT, "the quota"), (errno.EFBIG, "files may not grow as large")],
)
def test_want_of_space_is_told_whenever_it_shows(tmp_path, monkeypatch, number, reason):
    def full(descriptor):
        raise OSError(number, os.strerror(number))

    write_json(tmp_path / "file", "old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(
        EdgezooError, match=rf"/file cannot be written: {reason}.*; make room, or write to another disk"
    ):
        write_json(tmp_path / "file", "new")
    assert (tmp_path / "file").read_text() == '"old"\n' and os.listdir(tmp_path) == ["file"]


def test_what_libraries_make_of_it_is_understood_and_other_errors_stay(tmp_path):
    words = "Unable to flush file's cached information (errno = 28, error message = 'No space left on device')"
    with pytest.raises(EdgezooError, match="no space is left"), naming_full_disk(tmp_path):
        raise RuntimeError(words)
    with pytest.raises(EdgezooError, match="no space is left"), naming_full_disk(tmp_path):
        try:
            raise OSError(errno.ENOSPC, "x")
        finally:
            raise ValueError("Can't close the ZIP file while there is an open writing handle on it.")
    for error in (
        ValueError("x"),
        PermissionError(errno.EACCES, "x"),
        EdgezooError("No space left on device"),
        KeyboardInterrupt(),
    ):
        with pytest.raises(type(error)) as raised, naming_full_disk(tmp_path):
            raise error
        assert raised.value is error
