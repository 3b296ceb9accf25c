"""One model, one picture, one question: ``edgezoo explain``."""

import os

from ..common.errors import EdgezooError
from ..common.figures import require_format, save
from ..common.files import sha256
from ..export.fits import fit_of
from ..inspection.files import model_name
from ..inspection.sizes import choice_in_words, image_sizes
from .class_names import class_names
from .model_file import open_model
from .picture import read_picture
from .questions import QUESTIONS, Prediction, Subject


def explain_files(files, what, output, **options):
    """Draws what each of several models sees; with more than one, each picture's name ends in that of its file.

    Args:
        files: ``.keras`` and ``.tflite`` files.
        what, output, **options: as for ``explain``.

    Returns:
        List of the documents of ``explain``.
    """
    stem, suffix = os.path.splitext(output)
    names = [model_name(file) for file in files]
    pictures = [output] if len(files) == 1 else [f"{stem}_{name}{suffix}" for name in names]
    return [explain(file, what, picture, **options) for file, picture in zip(files, pictures, strict=True)]


def explain(file, what, output, *, image=None, layer=None, compare=None, labels=None, seed=0, pixels=None):
    """Draws what a model sees.

    Args:
        file: ``.keras`` or ``.tflite`` file.
        what: key of ``QUESTIONS``.
        output: ``.png`` or ``.svg`` file to write.
        image: path of a picture; it is converted to what the model takes.
        layer: shell pattern of layers' names; ``None`` is a choice that can be read.
        compare: a second file, another form of the same network: its feature maps beside the first one's.
        labels: text file with the class names, one a line; see ``class_names``.
        seed: of activation maximization.
        pixels: ``inspection.pixels.Pixels`` that the files take; ``None`` for what each tells (``export.pixels``).

    Returns:
        dict: ``file, sha256, pixels, what, output, layers`` (that are shown), ``prediction`` (``class``, ``name``,
        ``score``; ``None`` without a picture), ``notes``, and what the question adds: with ``compare`` a row a layer of
        ``differences``, for a receptive field the ``boxes``.

    Raises:
        EdgezooError: a file or picture is missing or damaged, the pattern fits nothing, or the model cannot answer.
    """
    require_format(output)
    question = QUESTIONS[what]
    if question.needs_picture and image is None:
        raise EdgezooError(f"{what} is asked about a picture; give one (--image).")
    if compare and not question.takes_two:
        raise EdgezooError(f"only feature maps of two files can be compared, not {what}.")
    size = read_picture(image)[0].shape[:2] if question.needs_picture and image_sizes(file) else None
    model = open_model(file, pixels, guess=not question.needs_picture, image_size=size)
    title, picture, prediction = os.path.basename(file), None, None
    notes = list(filter(None, (choice_in_words(file, size),)))
    if question.needs_picture:
        picture, changes = read_picture(image, model.input_shape, fit=fit_of(file))
        notes += filter(None, (changes, model.pixels.in_words(file)))
        scores = model.predict(picture[None])[0]
        prediction = Prediction(scores, class_names(file, len(scores), labels))
        title += f" · {os.path.basename(image)} · {prediction.name}, score {prediction.score:.3f}"
    if question.needs_gradients and not model.has_gradients:
        raise EdgezooError(
            f"{what} needs gradients, which a .tflite file has none of; give the .keras file, or take --what occlusion."
        )
    other = open_model(compare, pixels, image_size=picture.shape[:2]) if compare else None
    if words := other and other.pixels.in_words(compare):
        notes.append(words)
    answer = question.answer(Subject(model, title, picture, prediction, layer, other, seed))
    save(answer.figure, output)
    return {
        "file": os.fspath(file),
        "sha256": sha256(file),
        "pixels": model.pixels.row(),
        "what": what,
        "output": os.fspath(output),
        "layers": answer.layers,
        "prediction": prediction and prediction.row(),
        "notes": notes,
        **answer.facts,
    }
