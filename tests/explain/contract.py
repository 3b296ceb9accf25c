"""What a question must have to be finished."""

import json
import re
from pathlib import Path
from unittest import mock

import numpy as np
from PIL import Image

from edgezoo.common.errors import EdgezooError
from edgezoo.explain import explain

DOCS = Path(__file__).resolve().parents[2] / "docs"


def missing(question, files, folder):
    """What a question lacks, each in a few words.

    Args:
        question: ``Question``, registered or not.
        files: ``{"keras", "int8"}`` → path of one network, and ``"picture"``.
        folder: empty, for its pictures.
    """
    lacks = []
    if not question.summary.strip() or "\n" in question.summary:
        lacks.append("a summary of one line")
    row = re.search(rf"^\| `{re.escape(question.name)}` \| (.+) \| (.+) \|$", (DOCS / "explain.md").read_text(), re.M)
    if row is None or row[1] != question.summary:
        lacks.append("a row with its summary in docs/explain.md")
    elif (row[2] == "no gradients") != question.needs_gradients:
        lacks.append("the right word about .tflite files in docs/explain.md")
    if question.name not in re.search(r"--what \[(.+)\]", (DOCS / "cli.md").read_text())[1].split("|"):
        lacks.append("its name in the help of `edgezoo explain`, docs/cli.md")
    with mock.patch("edgezoo.explain.explaining.QUESTIONS", {question.name: question}):
        for form in ("keras", "int8"):
            lacks += [f"{each} for the {form} file" for each in _missing_of_answer(question, files, form, folder)]
    return lacks


def _missing_of_answer(question, files, form, folder):
    output = folder / f"{form}.png"
    try:
        document = explain(files[form], question.name, output, image=files["picture"])
    except EdgezooError as error:
        refused = question.needs_gradients and form != "keras" and re.fullmatch(".*needs gradients.*", str(error))
        return [] if refused else [f"an answer ({error})"]
    except Exception as error:  # an unfinished one may do anything
        return [f"an answer ({error!r})"]
    lacks = []
    with Image.open(output) as picture:
        if np.asarray(picture.convert("L")).std() <= 5:
            lacks.append("a picture that is not blank")
    try:
        json.dumps(document)
    except TypeError as error:
        lacks.append(f"a document that is JSON ({error})")
    return lacks
