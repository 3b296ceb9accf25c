import json

import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.common.fit import Fit
from edgezoo.train import Recipe
from edgezoo.train.run_folder import FORMAT_VERSION, RunFolder

IDENTITY = {"model": {"params": 5}, "dataset": {"input_shape": (8, 8, 1)}, "recipe": {"epochs": 3, "seed": 0}}


@pytest.fixture
def run(tmp_path):
    """A folder with the record of a run."""
    (tmp_path / "run.json").write_text(json.dumps({**IDENTITY, "status": "running"}))
    return tmp_path


def test_an_empty_or_missing_folder_holds_no_run(tmp_path):
    assert RunFolder(tmp_path).open(IDENTITY, resume=False) is None
    assert RunFolder(tmp_path / "new").open(IDENTITY, resume=True) is None


def test_a_run_is_not_overwritten(run):
    with pytest.raises(EdgezooError, match=r"holds a run already; go on with it \(--resume\) or use another folder"):
        RunFolder(run).open(IDENTITY, resume=False)


def test_the_same_run_is_opened_and_cleaned(run):
    (run / ".tmp-abc.keras").write_text("half")
    (run / "notes.txt").write_text("mine")
    assert RunFolder(run).open(IDENTITY, resume=True)["status"] == "running"
    assert sorted(path.name for path in run.iterdir()) == ["notes.txt", "run.json"]


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        ("recipe", {"epochs": 4}, "another recipe: epochs was 3 and is now 4"),
        ("dataset", {"input_shape": [9, 8, 1]}, r"another dataset: input_shape was \[8, 8, 1\] and is now \[9, 8, 1\]"),
        ("model", {"params": 6}, "another model: params was 5 and is now 6"),
    ],
)
def test_another_run_is_refused_by_name(run, part, change, message):
    with pytest.raises(EdgezooError, match=message):
        RunFolder(run).open({**IDENTITY, part: {**IDENTITY[part], **change}}, resume=True)


def test_a_run_of_before_there_were_teachers_goes_on_without(run):
    """What a recipe has since learned to say had its default."""
    identity = {**IDENTITY, "recipe": {**IDENTITY["recipe"], "alpha": Recipe.alpha}, "teachers": []}
    RunFolder(run).open(identity, resume=True)
    identity["teachers"] = [{"name": "net", "sha256": "0123456789abcdef" * 4}]
    with pytest.raises(EdgezooError, match=r"was started with no teacher and now has teacher net \(0123456789abcdef\)"):
        RunFolder(run).open(identity, resume=True)


def test_a_record_of_a_newer_format_is_refused_and_one_without_a_version_is_not(run):
    record = RunFolder(run).open(IDENTITY, resume=True)
    (run / "run.json").write_text(json.dumps({**record, "format_version": FORMAT_VERSION + 1}))
    with pytest.raises(EdgezooError, match=r"run\.json has format version 2, .* up to 1; update edgezoo"):
        RunFolder(run).open(IDENTITY, resume=True)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"model": 1}', "\x00", "[" * 100_000], ids=range(7))
def test_a_damaged_record_is_an_error_of_one_line(tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(EdgezooError, match=r"run\.json is damaged; train into another folder"):
        RunFolder(tmp_path).open(IDENTITY, resume=True)


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(EdgezooError, match="is a file"):
        RunFolder(tmp_path / "run").open(IDENTITY, resume=False)


def test_a_run_of_before_there_was_a_fit_squashed_its_images(run):
    dataset = {**IDENTITY["dataset"], "fit": Fit().row()}
    RunFolder(run).open({**IDENTITY, "dataset": dataset}, resume=True)
    with pytest.raises(EdgezooError, match=r'another dataset: fit was {"kind": "squash"} and is now {"kind": "crop"}'):
        RunFolder(run).open({**IDENTITY, "dataset": {**dataset, "fit": Fit("crop").row()}}, resume=True)
