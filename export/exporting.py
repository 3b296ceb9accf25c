"""``export_model``: the files of a model, in one bundle."""

from ..common.errors import EdgezooError
from ..common.files import output_folder
from ..train.run_folder import trained_on_beside
from . import bundle
from .conversion import convert, prepare
from .forms import form_of, require_one
from .schemes import IO_TYPES, chosen_schemes
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
    fit=None,
    per_channel_dense=True,
    estimator=None,
    layers=(),
    equalize=False,
    correct_bias=False,
    recovery=None,
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
        fit: how pictures get the size that the model takes, one of ``common.fit.KINDS``; ``None`` for what the model's
            run or the calibration's images tell (``export.fits``).
        per_channel_dense: whether dense layers get a scale per channel; ``False`` for a target that does not run those
            (``Target.per_channel_dense``).
        estimator: how ranges of int8 activations are read off the images, a key of ``ESTIMATORS``; ``None`` for the
            converter's own way.
        layers: pairs of a pattern of layers (``choosing.choices_of``) and a precision (``quantizing.PRECISIONS``); the
            file is a mixed one then, all other layers in the one scheme that is given.
        equalize: whether channels that differ widely in range are brought nearer to each other before activations
            become integers (``compress.equalized``).
        correct_bias: whether what the rounding of weights adds on average is taken off the biases of such files
            (``compress.bias_corrected``).
        recovery: JSON-able record of how they were chosen, for the manifest (``evaluate.recovery``).

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
    require_one(schemes, layers)
    choices = {"estimator": estimator, "layers": layers}
    forms = [form_of(scheme.name, io, per_channel_dense, **choices) for scheme in schemes]
    out_dir = output_folder(out_dir, "the bundle")
    options = {"input_sizes": input_sizes, "one_file": one_file, "labels": labels, "pixels": pixels, "fit": fit}
    options |= {"equalize": equalize, "correct_bias": correct_bias}
    prepared = prepare(model_path, forms, calibration=calibration, **options)
    for error in prepared.refused.values():
        raise error
    with locked_staging(out_dir) as staging:
        files = convert(prepared, forms, staging)
        entries, failures = [], {}
        for file in files:
            if file.error:
                failures.setdefault(file.error, []).append(file.name)
            else:
                entries.append(bundle.entry(file.path, file.form.scheme, file.calibration, file.form.record, recovery))
        if entries:
            bundle.publish(
                staging,
                out_dir,
                prepared.origin,
                entries,
                prepared.labels,
                trained_on_beside(prepared.path),
                prepared.pixels,
                prepared.samples,
                prepared.fit,
            )

    if failures:
        written = f"; written: {', '.join(entry['file'] for entry in entries)}" if entries else ""
        listed = "; ".join(f"{' and '.join(names)}: {cause}" for cause, names in failures.items())
        raise EdgezooError(f"could not convert {listed}{written}.")
    return [out_dir / entry["file"] for entry in entries]
