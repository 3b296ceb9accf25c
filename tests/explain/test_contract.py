"""Every registered question is finished, and one that is not is told what it lacks."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest

from edgezoo.common.figures import new_figure
from edgezoo.explain.questions import QUESTIONS, Answer, Question

from .contract import missing


@pytest.mark.parametrize("what", QUESTIONS)
def test_every_question_is_finished(what, files, tmp_path):
    assert missing(QUESTIONS[what], files, tmp_path) == []


def test_a_half_finished_question_is_told_what_it_lacks(files, tmp_path):
    blank = Question("colours", "", lambda subject: Answer(new_figure(2), [], {"mean": np.float32(0)}))
    lacks = "\n".join(missing(blank, files, tmp_path))
    for each in ("summary", "docs/explain.md", "docs/cli.md"):
        assert each in lacks
    for form in ("keras", "int8"):
        assert f"not blank for the {form} file" in lacks
        assert f"float32 is not JSON serializable) for the {form} file" in lacks


def test_a_question_without_an_answer(files, tmp_path):
    def answer(subject):
        raise NotImplementedError

    unanswered = dataclasses.replace(QUESTIONS["filters"], answer=answer)
    expected = [f"an answer (NotImplementedError()) for the {form} file" for form in ("keras", "int8")]
    assert missing(unanswered, files, tmp_path) == expected


def test_a_question_that_does_not_say_that_it_needs_gradients(files, tmp_path):
    lacks = missing(dataclasses.replace(QUESTIONS["saliency"], needs_gradients=False), files, tmp_path)
    assert len(lacks) == 2
    assert ".tflite files in docs/explain.md" in lacks[0] and "has no attribute 'logits'" in lacks[1]


def test_questions_are_listed_without_what_answers_them():
    heavy = ["numpy", "tensorflow", "keras", "matplotlib", "PIL"]
    probe = f"""
import sys
from edgezoo.explain.questions import QUESTIONS
print(*QUESTIONS)
print([name for name in {heavy} if name in sys.modules])
"""
    names, imported = subprocess.check_output([sys.executable, "-c", probe], text=True).splitlines()
    assert "grad-cam" in names.split() and imported == "[]"
