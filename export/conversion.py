"""From a Keras model to the ``.tflite`` files that are asked for: checks first, then each distinct file once."""

import contextlib
import dataclasses
import typing
from pathlib import Path

import numpy as np

from ..common.errors import EdgezooError
from ..common.files import sha256
from ..common.fit import Fit
from ..common.progress import note, track
from ..inspection.files import model_name
from ..inspection.pixels import Pixels
from ..zoo.loading import load_model
from .adjusting import adjusted, require_use
from .channel_scales import save_clustered
from .choosing import require_layers, stayed_float, with_operators
from .class_names import known_class_names
from .converter import Job, Joining, convert_all
from .diagnosis import cause_of
from .exportable import exportable, input_shapes
from .fits import fit_of_model
from .forms import Form
from .freezing import save_frozen
from .identity import file_name, network_of
from .labels import class_labels
from .pixels import pixels_of_model
from .preflight import judge, trial_jobs
from .refusing import refusals, require_gray
from .schemes import SCHEMES
from .trained_ranges import RECORD, is_calibrated, keeps_ranges, networks_of, require_images


@dataclasses.dataclass(frozen=True, eq=False)
class Prepared:
    """A loaded model, and all that its files are made of and go with.

    Attributes:
        path: ``Path`` of its file.
        model: ``keras.Model``.
        plain: what files are made from, ``keras.Model``: the same, without ranges that were trained.
        ranged: … and those that keep the ranges, ``None`` of a model that has none.
        networks: … and those that are calibrated, where that is another: ``per_channel_dense`` → ``keras.Model``.
        shapes: size → shapes of the inputs, as ``input_shapes`` gives them.
        refused: scheme's name → ``EdgezooError``, why it has no files in that one.
        samples: ``Calibration`` as it was given, or ``None``.
        calibrations: size → ``Calibration`` that fits; empty where no form needs one.
        one_file: whether all sizes go into one file.
        labels: class names, or ``None``.
        pixels: ``Pixels`` that it takes, or ``None``.
        fit: ``Fit``, how pictures get the size that it takes.
        origin: ``{"file", "sha256", "name"}`` for the manifest.
    """

    path: Path
    model: object
    plain: object
    ranged: object | None
    networks: dict
    shapes: dict
    refused: dict
    samples: object | None
    calibrations: dict
    one_file: bool
    labels: list | None
    pixels: Pixels | None
    fit: Fit
    origin: dict

    def network_for(self, form):
        """The ``keras.Model`` that the file of a ``Form`` is made from."""
        if keeps_ranges(self.model, form.scheme):
            return self.ranged
        calibrated = SCHEMES[form.scheme].needs_calibration
        return self.networks.get(form.per_channel_dense, self.plain) if calibrated else self.plain


class Converted(typing.NamedTuple):
    """One file, made or not.

    Attributes:
        form: its ``Form``.
        name: what it is to be called.
        path: where it is, in the staging folder.
        calibration: record of its calibration images, or that its ranges were trained; ``None`` of one that needs none.
        error: why there is no file, or ``None``.
    """

    form: Form
    name: str
    path: Path
    calibration: dict | None
    error: str | None


def prepare(
    model_path,
    forms,
    *,
    calibration=None,
    input_sizes=(),
    one_file=False,
    labels=None,
    fit=None,
    pixels=None,
    equalize=False,
    correct_bias=False,
):
    """Loads a model and finds out whether it, the options and the images fit each other.

    Args:
        model_path: file of the model.
        forms: ``Form`` of each file that is asked for.
        calibration, input_sizes, one_file, labels, pixels, fit, equalize, correct_bias: as for ``export_model``.

    Returns:
        ``Prepared``; what does not fit some of the forms is in its ``refused``.

    Raises:
        EdgezooError: something fits none of them.
    """
    path = Path(model_path)
    require_use(forms, equalize, correct_bias)
    model = exportable(load_model(path), path.name)
    shapes = input_shapes(model, input_sizes)
    for form in forms:
        require_layers(form.layers, model)
    if any(form.from_rgb for form in forms):
        require_gray(shapes, path.name)
    if one_file and len(shapes) < 2:
        raise EdgezooError("--one-file is for several input sizes; give them, such as --input-size 28,40.")
    if callable(calibration):
        calibration = calibration(model)
    schemes = [SCHEMES[name] for name in dict.fromkeys(form.scheme for form in forms)]
    require_images(model, path.name, forms, equalize or correct_bias)
    plain, ranged = networks_of(model)
    refused = refusals(schemes, model, path.name, shapes, calibration)
    calibrated = any(is_calibrated(model, scheme.name) and scheme.name not in refused for scheme in schemes)
    resize = None in model.inputs[0].shape[1:]
    fitted = {size: calibration.fitted(shape, resize) for size, (shape, *_) in shapes.items() if calibrated}
    known = known_class_names(path)
    labels = class_labels(labels, known.names if known else (), calibration, model)
    pixels = pixels_of_model(path, model, pixels)
    if words := pixels and pixels.in_words(path):
        note(words)
    fit = fit_of_model(path, fit, calibration)
    networks = {}
    if fitted and (equalize or correct_bias):
        # Files of several sizes have the same weights.
        images = (pixels or Pixels()).values(next(iter(fitted.values())).images)
        networks, changes = adjusted(plain, path.name, images, forms, equalize, correct_bias)
        fitted = {size: dataclasses.replace(each, record={**each.record, **changes}) for size, each in fitted.items()}
    origin = {"file": path.name, "sha256": sha256(path), "name": model.name}
    made = model, plain, ranged, networks
    return Prepared(path, *made, shapes, refused, calibration, fitted, one_file, labels, pixels, fit, origin)


def convert(prepared, forms, staging, *, all_or_none=True):
    """Makes the files.

    Args:
        prepared: ``Prepared``.
        forms: different ``Form``, in the order that the files are to have.
        staging: ``Path`` of a folder to write to.
        all_or_none: whether nothing is converted where a trial shows that one of the forms cannot hold a layer; else
            only its own files are missing.

    Returns:
        ``Converted`` of each file, in the order of sizes, and of forms for each size.

    Raises:
        EdgezooError: a layer cannot be in any file, or in one of these if ``all_or_none``.
    """
    jobs, records = _jobs(prepared, forms, staging)
    trials = trial_jobs(list(jobs), staging)
    files = _joinings(jobs, prepared.shapes) if prepared.one_file else jobs
    queue = dict.fromkeys([*trials, *jobs, *files])
    # Closed, so that the bar is gone before an error is shown, and the process before its folder.
    with (
        contextlib.closing(convert_all(queue)) as results,
        contextlib.closing(track(results, "converting", total=len(queue))) as tracked,
    ):
        errors, graph = judge(trials, tracked, prepared.model, prepared.path.name, all_or_none)
        errors.update(tracked)

    for job in jobs:
        for words in stayed_float(job) if job.choices and not errors[job] else ():
            note(f"{Path(job.output).name}: {words}")

    def cause(file):
        error = next(filter(None, (errors[each] for each in (*file.parts, file))), None)
        return error and cause_of(error, prepared.model, graph)

    return [
        Converted(form, name, Path(file.output), _calibrated_with(file, records), cause(file))
        for file, (form, name) in files.items()
    ]


def convert_variants(prepared, form, calibrations, staging):
    """Makes a file once for each of several ways to calibrate it.

    Args:
        prepared: ``Prepared``, of one input size.
        form: ``Form``; its estimator does not count.
        calibrations: pairs of a ``Calibration`` in the shape that the model takes, and a key of ``ESTIMATORS`` or
            ``None``.
        staging: ``Path`` of a folder to write to.

    Returns:
        ``Path`` of each file.

    Raises:
        EdgezooError: one of them cannot be made.
    """
    require_images(prepared.model, prepared.path.name, [form], True)
    (base,) = _jobs(prepared, [form], staging)[0]
    stored, jobs = {}, []
    for calibration, estimator in calibrations:
        images = stored.setdefault(id(calibration), str(staging / f"images_{len(stored)}.npy"))
        np.save(images, calibration.images)
        output = str(staging / f"{len(jobs)}-{Path(base.output).name}")
        jobs.append(dataclasses.replace(base, calibration=images, estimator=estimator, output=output))
    with (
        contextlib.closing(convert_all(jobs)) as results,
        contextlib.closing(track(results, "converting", total=len(jobs))) as tracked,
    ):
        for _, error in tracked:
            if error:
                raise EdgezooError(f"{prepared.path.name} cannot be exported: {cause_of(error, prepared.model)}.")
    return [Path(job.output) for job in jobs]


def _jobs(prepared, forms, staging):
    """``Job`` → its form and file's name, and paths of calibration images, and of networks with ranges, → record."""
    jobs, records = {}, {}
    model, checksum = model_name(prepared.path), network_of(prepared.origin["sha256"])
    schemes = [form.scheme for form in forms]
    for size, shape in prepared.shapes.items():
        sources = dict.fromkeys((prepared.network_for(form), form.from_rgb) for form in forms)
        for place, (network, from_rgb) in enumerate(sources):
            kind = f"{size}_rgb" if from_rgb else size
            frozen, images = staging / f"frozen_{size}_{place}", None
            save_frozen(network, shape, frozen, prepared.path.name, from_rgb, like=prepared.model)
            save_clustered(network, frozen)
            if network is prepared.ranged:
                records[str(frozen)] = RECORD
            elif size in prepared.calibrations:
                images = str(staging / f"calibration_{kind}.npy")
                pictures = prepared.calibrations[size].images
                np.save(images, np.repeat(pictures, 3, axis=-1) if from_rgb else pictures)
                records[images] = prepared.calibrations[size].record
            sources[network, from_rgb] = str(frozen), images
        for number, form in enumerate(forms):
            frozen, images = sources[prepared.network_for(form), form.from_rgb]
            name = file_name(model, form.scheme, size)
            # Forms of one scheme have one name; all but the first lie under another as long as they are together.
            output = str(staging / (name if schemes.index(form.scheme) == number else f"{number}-{name}"))
            source = images if SCHEMES[form.scheme].needs_calibration else None
            chosen = form.per_channel_dense, form.estimator, form.precision, form.layers
            made = frozen, form.scheme, form.io, source, output, model, checksum, prepared.pixels
            job = Job(*made, *chosen, fit=prepared.fit)
            jobs[job] = form, name
    operators = with_operators(jobs, prepared.model)
    return {operators[job]: made for job, made in jobs.items()}, records


def _joinings(jobs, sizes):
    """``Joining`` of the files of all sizes → its form and file's name, one a form."""
    result = {}
    for form in dict.fromkeys(form for form, _ in jobs.values()):
        parts = tuple(job for job, (of, _) in jobs.items() if of == form)
        name = file_name(parts[0].model, form.scheme, "_".join(map(str, sizes)))
        prefix = Path(parts[0].output).name.removesuffix(jobs[parts[0]][1])
        signatures = tuple(f"serving_{size}" for size in sizes)
        result[Joining(parts, signatures, str(Path(parts[0].output).with_name(prefix + name)))] = form, name
    return result


def _calibrated_with(file, records):
    """The record of a file's calibration images; of several sizes, with those that they were resized to."""
    first, *others = (records.get(part.calibration or part.saved_model) for part in file.parts)
    if first and file.parts[0].estimator:
        first = {**first, "estimator": file.parts[0].estimator}
    sizes = [record.get("resized_to") for record in (first, *others) if record]
    if not others or not any(sizes):
        return first
    return {**first, "resized_to": dict(zip(file.signatures, sizes, strict=True))}
