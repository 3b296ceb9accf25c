"""What the script keeps of an earlier run."""

import documents
import finetuning


def test_rows_of_ways_left_out_stay_if_they_are_of_the_same_photographs(monkeypatch, tmp_path):
    monkeypatch.setattr(documents, "RESULTS", tmp_path)
    facts = {"data": "flowers", "side": 96}
    assert finetuning.kept("flowers_96", finetuning.WAYS, facts) == []
    rows = [{"way": way, "seed": 0} for way in (finetuning.TUNED, finetuning.PLAIN)]
    (tmp_path / "finetuning").mkdir()
    finetuning.write_json(tmp_path / "finetuning" / "flowers_96.json", {**facts, "rows": rows})
    assert finetuning.kept("flowers_96", [finetuning.PLAIN], facts) == rows[1:]
    assert finetuning.kept("flowers_96", [finetuning.PLAIN], {**facts, "side": 128}) == []
