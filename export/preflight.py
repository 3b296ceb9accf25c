"""Trial conversions before the work: layers that no file can hold are named before the first image is calibrated with.

TensorFlow has no list of what its converter turns into built-in operators: that depends on shapes and attributes, and
on the operators around. So the converter is asked. Every format starts from the float file; each integer format can
refuse operators of its own, whatever the images are.
"""

import dataclasses
import itertools

import numpy as np

from ..common.errors import EdgezooError
from ..inspection.graph import read_graph
from .diagnosis import unsupported_layers


def trial_jobs(jobs, staging):
    """What is to be converted first: one float32 file, and one of each scheme that is calibrated, with one image.

    Args:
        jobs: ``Job`` of each file that is asked for. A float32 file among them is a trial as it is.
        staging: folder to write to; names with a hyphen before the scheme are those of no model's files.
    """
    asked = [job for job in jobs if job.scheme == "float32"]
    extra = dataclasses.replace(
        jobs[0], scheme="float32", calibration=None, output=str(staging / "trial-float32.tflite")
    )
    trials = asked[:1] or [extra]
    # Operators are the same at each size, and in each form of a scheme: the first stands for all.
    calibrated, images = {}, next((job.calibration for job in jobs if job.calibration), None)
    for job in jobs:
        if images and job.calibration == images:
            calibrated.setdefault(job.scheme, job)
    image = str(staging / "trial.npy")
    if calibrated:
        np.save(image, np.load(images, mmap_mode="r")[:1])
    for job in calibrated.values():
        output = str(staging / f"trial-{job.scheme}.tflite")
        trials.append(dataclasses.replace(job, calibration=image, output=output))
    return trials


def judge(trials, results, model, name, all_or_none=True):
    """Reads the results of the trials, and gives up where a layer cannot be in a file that is asked for.

    Any other failure is left to the conversion itself: one image is not all of them, and one file not the other.

    Args:
        trials: what ``trial_jobs`` gives.
        results: iterator over ``(job, error)`` as ``convert_all`` yields them, the trials first; read no further than
            those.
        model: ``keras.Model``.
        name: of the model, for messages.
        all_or_none: whether it gives up where the layer cannot be in one of the integer schemes; else only where it can
            be in no file.

    Returns:
        ``(errors, graph)``: error or ``None`` of each trial, and the ``Graph`` of the float file if there is one.

    Raises:
        EdgezooError: names the layers, and each cause once.
    """
    errors, graph, causes = {}, None, {}
    for job, error in itertools.islice(results, len(trials)):
        errors[job] = error
        cause = unsupported_layers(error, model, graph) if error else None
        if job.scheme != "float32":
            if cause:
                causes.setdefault(cause, []).append(job.scheme)
        elif cause:
            raise EdgezooError(f"{name} cannot be exported: {cause}.")
        elif not error:
            graph = read_graph(job.output)
    if causes and all_or_none:
        listed = "; ".join(f"as {' and '.join(schemes)}: {cause}" for cause, schemes in causes.items())
        raise EdgezooError(f"{name} cannot be exported {listed}.")
    return errors, graph
