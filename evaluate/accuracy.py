"""Accuracy of model files on one split of a data set, on all cores."""

import contextlib
import functools
import itertools
import math
import os
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed

import numpy as np

from ..common.environment import command, cores, environment
from ..common.errors import EdgezooError, UnknownName
from ..common.progress import bar, note
from ..common.text import dimensions
from ..export.fits import fit_of
from ..export.pixels import pixels_of
from ..inspection.files import KERAS, kind_of
from ..inspection.sizes import choice_in_words
from ..runtime import Worker, load_runner
from .classes import assign
from .documents import FORMAT_VERSION
from .examples import differing
from .identity import describe_file
from .on_devices import LOCAL, Devices
from .pixel_range import pixels_in_words
from .seen import in_words, seen_in_training
from .statistics import paired_test, wilson_interval

#: Images that go to a runner at a time: small enough to spread a few hundred images over all cores.
_CHUNK = 64


def evaluate_files(
    paths,
    dataset,
    *,
    split="test",
    limit=None,
    classes_by_position=False,
    pixels=None,
    fit=None,
    runtimes=(),
    devices=(LOCAL,),
    delegate=None,
    before=None,
):
    """Runs files on the same images and compares them pairwise.

    Args:
        paths: ``.keras`` and ``.tflite`` files.
        dataset: ``edgezoo.datasets.Dataset`` of the files' classes, or of some of them. Every file gets the images in
            the shape that it takes, made from the originals. Where those are all of one size and the file takes
            another, its row records that in ``resized_to``.
        split: ``"test"``, ``"validation"`` or ``"train"``.
        limit: number of images to use, a fixed random sample of the split (:meth:`Split.take`).
        classes_by_position: take outputs in the order of the data set's classes even where the names of the file's
            classes are known to be others. Without, classes are matched by name where names are known (``classes.py``).
        pixels: ``inspection.pixels.Pixels`` that the files take; ``None`` for what each tells (``export.pixels``).
        fit: ``common.fit.Fit``, how images get the size that the files take; ``None`` for what each tells
            (``export.fits``), and as the data set's images do where nothing tells.
        runtimes: names of runtimes (``edgezoo.runtime.RUNTIMES``), in each of which every file is run that it takes;
            by default Keras or LiteRT. Or a dict, as for ``Devices``.
        devices, delegate, before: where every file is run (``on_devices.Devices``); by default here.

    Returns:
        The document of ``edgezoo evaluate --json``: ``results`` (one a file, runtime and device, see :func:`score`),
        ``pairs`` (every two of these, see :func:`~edgezoo.evaluate.statistics.paired_test`), ``dataset``,
        ``environment``, ``command``; ``devices`` where there are others than this machine, and ``failure``, a sentence,
        where one of them has failed and there are results of others.

    Raises:
        EdgezooError: a file cannot be run, or does not fit the data set in its images or classes; the message names it.
    """
    paths = list(dict.fromkeys(map(str, paths)))
    places = Devices(devices, delegate, paths, runtimes, before)
    files = [describe_file(path) for path in paths]
    if split not in dataset.splits:
        raise UnknownName("split", split, dataset.splits)
    whole = dataset.splits[split]
    indices = whole.sample(len(whole) if limit is None else limit)
    images = whole.subset(indices)
    labels = images.labels
    if not len(labels):
        raise EdgezooError(f"{dataset.name} has no {split} images to evaluate on.")

    # Other classes are said before the first file runs.
    assigned = [assign(path, dataset, by_position=classes_by_position) for path in paths]
    fits = {path: fit_of(path, fit) or images.fit for path in paths}
    results, answers, said = [], [], set()

    def say(sentence):
        """A note, once for all devices and runtimes."""
        if sentence not in said:
            said.add(sentence)
            note(sentence)

    def add(file, classes, device, scores, input_shape, taken, ran_in):
        if scores.shape[1] != classes.of:  # the names were those of another file
            classes = assign(file["file"], dataset, by_position=classes_by_position, of=scores.shape[1])
        if not np.isfinite(scores).all():
            raise EdgezooError(f"{file['file']} gives NaN or infinity on {dataset.name}; it has no accuracy.")
        # Pictures of many sizes are resized in any case.
        sizes = dataset.source.get("sizes", {"distinct": 1, "smallest": dataset.input_shape[:2]})
        own = tuple(sizes["smallest"])
        uniform = sizes["distinct"] == 1
        resized = uniform and input_shape[:2] not in (own, tuple(dataset.input_shape[:2]))
        if resized or input_shape[2] != dataset.input_shape[2]:
            takes, have = dimensions(input_shape), dimensions((*own, dataset.input_shape[2]))
            say(f"{file['file']} takes {takes} images: those of {dataset.name}, {have}, are converted.")
        result = {
            **file,
            "dataset": dataset.name,
            "split": split,
            "n": len(labels),
            "device": device,
            "runtime": ran_in,
            "seen_in_training": seen_in_training(file["file"], images),
            "input_shape": list(input_shape),
            "resized_to": list(input_shape[:2]) if resized else None,
            "pixels": taken.row(),
            "fit": fits[file["file"]].row(),
            "classes": classes.record(),
            **score(labels, scores, dataset.class_names, classes.outputs),
        }
        choice = choice_in_words(file["file"], input_shape[:2])
        for sentence in filter(None, (choice, classes.note, pixels_in_words(result), in_words(result))):
            say(sentence)
        results.append(result)
        answers.append(_answers(scores, classes.outputs))

    known = list(zip(files, assigned, strict=True))
    for file, classes in known if places.has_local else ():
        given = pixels_of(file["file"], pixels)
        for runtime in places.here(file["file"]):
            add(file, classes, LOCAL, *_predict(file["file"], runtime.name, dataset, images, fits[file["file"]], given))
    for address in places.others:
        waiting = iter(known)
        with places.kept():
            places.answers(
                address,
                paths,
                lambda path, shape: _fitting(path, dataset, images, fits[path], shape),
                len(images),
                pixels=pixels,
                image_size=tuple(dataset.input_shape[:2]),
                finished=lambda *found: add(*next(waiting), str(address), *found),  # noqa: B023 (called in this turn)
            )
    document = {
        "format_version": FORMAT_VERSION,
        "results": results,
        "pairs": [
            {
                "a": results[i]["file"],
                "b": results[j]["file"],
                "a_device": results[i]["device"],
                "b_device": results[j]["device"],
                "a_runtime": results[i]["runtime"],
                "b_runtime": results[j]["runtime"],
                "agreement": float(np.mean(answers[i] == answers[j])),
                **paired_test(answers[i] == labels, answers[j] == labels),
                "examples": differing(labels, answers[i], answers[j], indices, len(dataset.class_names)),
            }
            for i, j in itertools.combinations(range(len(results)), 2)
        ],
        "dataset": {
            "name": dataset.name,
            "split": split,
            "images": len(whole),
            "used": len(images),
            "input_shape": list(dataset.input_shape),
            "class_names": list(dataset.class_names),
            "source": dataset.source,
        },
        "environment": environment(),
        "command": command(),
    }
    return places.finish(document)


def score(labels, scores, class_names, outputs=None):
    """Measures of one file's answers.

    Args:
        labels: int [n], the true classes.
        scores: float [n, outputs]; the first of equal highest scores is the answer, as on a device.
        class_names: of the data set.
        outputs: the column of each class; in order by default. Answers in any other column are wrong.

    Returns:
        ``top1`` with its 95 % Wilson interval ``top1_ci95``; ``top5`` (``None`` for five outputs or fewer); ``loss``,
        the mean cross-entropy in nats with probabilities clipped at 1e-7 as in Keras (``None`` if the rows are no
        probabilities); ``balanced_accuracy``, the mean of the recalls of all classes that have images; ``per_class``
        with ``class``, ``n``, ``accuracy`` (recall) with its interval ``accuracy_ci95``, and ``precision``, ``None``
        where it would be 0/0; ``confusion`` [true][answered], without the answers that are none of the classes.
    """
    classes, n = len(class_names), len(labels)
    outputs = np.arange(classes) if outputs is None else np.asarray(outputs)
    answers, true = _answers(scores, outputs), outputs[labels]
    inside = answers < classes
    confusion = np.bincount(labels[inside] * classes + answers[inside], minlength=classes**2).reshape(classes, classes)
    images, answered, right = np.bincount(labels, minlength=classes), confusion.sum(axis=0), confusion.diagonal()
    correct = int(right.sum())
    top5 = None
    if scores.shape[1] > 5:
        # By hand: of equal scores scikit-learn's top_k_accuracy_score takes the last ones, and int8 files give many.
        best = np.argsort(-scores, axis=1, kind="stable")[:, :5]
        top5 = float(np.mean((best == true[:, None]).any(axis=1)))
    loss = None
    # An int8 file's probabilities are multiples of 1/256: their sum is off by up to half a step a class.
    if scores.min() >= 0 and np.abs(scores.sum(axis=1) - 1).max() < 0.05 + scores.shape[1] / 512:
        # By hand: scikit-learn's log_loss warns of such sums, and clips at the type's smallest step.
        loss = float(np.mean(-np.log(np.clip(scores[np.arange(n), true], 1e-7, 1))))

    return {
        "top1": correct / n,
        "top1_ci95": list(wilson_interval(correct, n)),
        "top5": top5,
        "loss": loss,
        "balanced_accuracy": float(np.mean(right[images > 0] / images[images > 0])),
        "per_class": [
            {
                "class": name,
                "n": int(images[k]),
                "accuracy": _share(right[k], images[k]),
                "accuracy_ci95": list(wilson_interval(int(right[k]), int(images[k]))) if images[k] else None,
                "precision": _share(right[k], answered[k]),
            }
            for k, name in enumerate(class_names)
        ],
        "confusion": confusion.tolist(),
    }


def _answers(scores, outputs):
    """int [n], the class of each highest score; numbers behind those of the classes stand for any other output."""
    class_of = np.arange(scores.shape[1]) + len(outputs)
    class_of[np.asarray(outputs)] = np.arange(len(outputs))
    return class_of[scores.argmax(axis=1)]


def _share(part, whole):
    return float(part / whole) if whole else None


def _predict(path, runtime, dataset, images, fit, pixels):
    """(scores float32 [n, classes], input shape (H, W, C), ``Pixels``, what ran it) of one file.

    A Keras model uses all cores, or the GPU, by itself. A ``.tflite`` file goes to one child per core, each with one
    thread: for single small images that is the fastest, and a crash stays in the child.
    """
    size = tuple(dataset.input_shape[:2])
    scores = [None] * math.ceil(len(images) / _CHUNK)
    options = {"image_size": size, "pixels": pixels, "runtime": runtime}
    if kind_of(path) == KERAS:
        runners = [lambda: contextlib.nullcontext(load_runner(path, **options))]
    else:
        runners = [lambda: Worker(path, threads=1, **options)] * min(cores(), len(scores))

    batches, reading, stop = None, threading.Lock(), threading.Event()

    def take(shape):
        nonlocal batches
        with reading:  # batches are read ahead by a thread of their own
            if batches is None:
                batches = enumerate(_fitting(path, dataset, images, fit, shape).batches(_CHUNK))
            return None if stop.is_set() else next(batches, None)

    def drain(open_runner, advance):
        with open_runner() as runner:
            while (batch := take(runner.input_shape)) is not None:
                k, (batch, _) = batch
                scores[k] = runner.predict(batch)
                advance(len(batch))
            return runner.input_shape, runner.pixels, runner.runtime

    with bar() as progress, ThreadPoolExecutor(len(runners)) as pool:
        advance = functools.partial(progress.advance, progress.add_task(os.path.basename(path), total=len(images)))
        try:
            drains = [pool.submit(drain, open_runner, advance) for open_runner in runners]
            taken = [future.result() for future in as_completed(drains)]
        finally:
            stop.set()  # after an error or Ctrl-C the others end with the batch they are at
    return np.concatenate(scores), *taken[0]


def _fitting(path, dataset, images, fit, shape):
    """The images in the shape that a file takes, fitted into it as it was trained."""
    try:
        return images.at(shape, fit)
    except EdgezooError as error:
        raise EdgezooError(
            f"{path} does not fit {dataset.name}: {error.args[0].rstrip('.')}; use the data set it was trained on."
        ) from error
