"""``export_model``: checks first, then trials and conversions in a process of their own, then the bundle."""

import contextlib
from pathlib import Path

import numpy as np

from ..common.errors import EdgezooError
from ..common.files import output_folder, sha256
from ..common.progress import note, track
from ..inspection.files import model_name
from ..train.run_folder import trained_on_beside
from ..zoo.loading import load_model
from . import bundle
from .class_names import known_class_names
from .converter import Job, Joining, convert_all
from .diagnosis import cause_of
from .exportable import exportable, input_shapes
from .freezing import save_frozen
from .identity import file_name, network_of
from .labels import class_labels
from .pixels import pixels_of_model
from .preflight import judge, trial_jobs
from .schemes import IO_TYPES, SCHEMES, chosen_schemes
from .staging import locked_staging


def export_model(
    model_path,
    out_dir,
    schemes=("int8",),
    *,
    io="uint8",
    calibration=None,
    input_sizes=(),
    one_file=False,
    labels=None,
    pixels=None,
    per_channel_dense=True,
):
    """Converts a ``.keras`` file to ``.tflite`` files and makes ``out_dir`` a bundle of them.

    Every file has batch 1, a signature with named inputs and outputs, and built-in operators only. It takes pixels
    in the range that the model takes them in, which is raw where the model rescales by itself, float files as float32.

    Files are named ``MODEL_SCHEME[_SIZE].tflite``, MODEL being what ``model_path`` is called. They are moved into place
    once they are whole and have run; the manifest comes last. Exporting the same model again adds to its bundle; the
    manifest of another model is replaced, while its files stay.

    Args:
        model_path: file of a functional or Sequential Keras model, as for ``load_model``.
        out_dir: folder of the bundle; made if it does not exist.
        schemes: names from ``SCHEMES``.
        io: type of input and output of an int8 file, ``"uint8"``, ``"int8"`` or ``"float32"``. The other schemes have
            float32 at both ends.
        calibration: ``Calibration``, or a function from the ``keras.Model`` to one; int8 and int16x8 need it.
        input_sizes: sides in pixels to freeze a model of variable input size at, a file for each. Without any, float
            files stay resizable; integer schemes need at least one.
        one_file: whether all sizes go into one file per scheme, ``MODEL_SCHEME_SIZE_SIZE….tflite``: a graph for each
            behind a signature ``serving_SIZE``, over one set of weights, with the answers of the files of one size.
        labels: class names in the order of the outputs, or a text file with one a line. By default the names that the
            model was trained on, if its run tells them, else those of the calibration's data set or those that the
            bundle has already.
        pixels: ``inspection.pixels.Pixels`` that the model takes; ``None`` for what is found out (``export.pixels``).
        per_channel_dense: whether dense layers get a scale per channel; ``False`` for a target that does not run those
            (``Target.per_channel_dense``).

    Returns:
        Paths of the files, in the order of sizes and of schemes for each size.

    Raises:
        EdgezooError: the model, an option, the calibration or the labels do not fit, or a layer cannot be in one of the
            files; nothing was converted then. Or a conversion failed: files that were converted all the same are in the
            bundle, and the message names them.
    """
    schemes = chosen_schemes(schemes)
    if io not in IO_TYPES:
        raise EdgezooError(f"`io` must be one of {', '.join(IO_TYPES)}. Received: io={io!r}")
    calibrated = [scheme.name for scheme in schemes if scheme.needs_calibration]
    if calibrated and calibration is None:
        raise EdgezooError(f"{' and '.join(calibrated)} need training images to calibrate with; give them with --data.")

    model_path, out_dir = Path(model_path), output_folder(out_dir, "the bundle")
    model = exportable(load_model(model_path), model_path.name)
    shapes = input_shapes(model, input_sizes)
    if one_file and len(shapes) < 2:
        raise EdgezooError("--one-file is for several input sizes; give them, such as --input-size 28,40.")
    if callable(calibration):
        calibration = calibration(model)
    if calibrated:
        _require_one_image(model)
        _require_no_loop(model, model_path.name, calibrated)
    if any(scheme.needs_calibration or scheme.needs_fixed_size for scheme in schemes):
        _require_fixed_size(shapes)
    resize = None in model.inputs[0].shape[1:]
    fitted = {size: calibration.fitted(shape, resize) for size, (shape, *_) in shapes.items() if calibrated}
    known = known_class_names(model_path)
    labels = class_labels(labels, known.names if known else (), calibration, model)
    pixels = pixels_of_model(model_path, model, pixels)
    if words := pixels and pixels.in_words(model_path):
        note(words)
    origin = {"file": model_path.name, "sha256": sha256(model_path), "name": model.name}
    network = network_of(origin["sha256"])

    with locked_staging(out_dir) as staging:
        jobs, records = [], {None: None}
        for size, shape in shapes.items():
            frozen = staging / f"frozen_{size}"
            save_frozen(model, shape, frozen, model_path.name)
            if size in fitted:
                images = str(staging / f"calibration_{size}.npy")
                np.save(images, fitted[size].images)
                records[images] = fitted[size].record
            for scheme in schemes:
                name = model_name(model_path)
                output = str(staging / file_name(name, scheme.name, size))
                source = images if scheme.needs_calibration else None
                jobs.append(Job(str(frozen), scheme.name, io, source, output, name, network, pixels, per_channel_dense))

        trials = trial_jobs(jobs, staging)
        files = _joinings(jobs, shapes) if one_file else jobs
        queue = dict.fromkeys([*trials, *jobs, *files])
        # Closed, so that the bar is gone before an error is shown, and the process before its folder.
        with (
            contextlib.closing(convert_all(queue)) as results,
            contextlib.closing(track(results, "converting", total=len(queue))) as tracked,
        ):
            errors, graph = judge(trials, tracked, model, model_path.name)
            errors.update(tracked)
        entries, failures = [], {}
        for file in files:
            error = next(filter(None, (errors[each] for each in (*file.parts, file))), None)
            if error:
                failures.setdefault(cause_of(error, model, graph), []).append(Path(file.output).name)
            else:
                entries.append(bundle.entry(file.output, file.scheme, _calibrated_with(file, records)))
        if entries:
            bundle.publish(staging, out_dir, origin, entries, labels, trained_on_beside(model_path), pixels)

    if failures:
        written = f"; written: {', '.join(entry['file'] for entry in entries)}" if entries else ""
        listed = "; ".join(f"{' and '.join(names)}: {cause}" for cause, names in failures.items())
        raise EdgezooError(f"could not convert {listed}{written}.")
    return [out_dir / entry["file"] for entry in entries]


def _joinings(jobs, sizes):
    """``Joining`` of the files of all sizes, one a scheme."""
    result = []
    for scheme in dict.fromkeys(job.scheme for job in jobs):
        parts = tuple(job for job in jobs if job.scheme == scheme)
        name = file_name(parts[0].model, scheme, "_".join(map(str, sizes)))
        signatures = tuple(f"serving_{size}" for size in sizes)
        result.append(Joining(parts, signatures, str(Path(parts[0].output).with_name(name))))
    return result


def _calibrated_with(file, records):
    """The record of a file's calibration images; of several sizes, with those that they were resized to."""
    first, *others = (records[part.calibration] for part in file.parts)
    if first is None or not others:
        return first
    sizes = [record.get("resized_to") for record in (first, *others)]
    return {**first, "resized_to": dict(zip(file.signatures, sizes, strict=True))}


def _require_one_image(model):
    """Refuses a model that images cannot calibrate."""
    if len(model.inputs) != 1 or len(model.inputs[0].shape) != 4:
        calibrated = [scheme.name for scheme in SCHEMES.values() if scheme.needs_calibration]
        raise EdgezooError(
            f"{' and '.join(calibrated)} are calibrated with images, so they need a model with one input [B, H, W, C]. "
            f"Received: {', '.join(str(tensor.shape) for tensor in model.inputs)}"
        )


def _require_no_loop(model, name, calibrated):
    """Refuses recurrent layers, whose loops end TensorFlow's converter by SIGSEGV while it calibrates them."""
    import keras

    loops = [
        f"{layer.name!r} ({type(layer).__name__})"
        for layer in model._flatten_layers()
        if isinstance(layer, keras.layers.RNN) and not layer.unroll
    ]
    if loops:
        raise EdgezooError(
            f"{name} cannot be exported as {' and '.join(calibrated)}: no converter quantizes the loop of the "
            f"recurrent layer {' and '.join(loops)}; take float32, float16 or dynamic, or an LSTM with unroll=True."
        )


def _require_fixed_size(shapes):
    """Refuses open sides in the ``input_shapes`` of a model."""
    if any(None in shape for each in shapes.values() for shape in each):
        fixed = [scheme.name for scheme in SCHEMES.values() if scheme.needs_fixed_size]
        raise EdgezooError(
            f"{' and '.join(fixed)} files have a fixed input size, and this model takes images of any; "
            "give --input-size."
        )
