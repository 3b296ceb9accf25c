"""Which files cannot be made of a model, and why: known before anything is converted."""

from ..common.errors import EdgezooError
from ..common.text import dimensions
from .trained_ranges import is_calibrated


def refusals(schemes, model, file, shapes, calibration):
    """What stands against files of a model.

    Args:
        schemes: ``Scheme`` of each number format that is asked for.
        model: ``keras.Model`` that ``exportable`` gives.
        file: its name.
        shapes: as ``input_shapes`` gives them.
        calibration: ``Calibration``, or ``None``.

    Returns:
        Scheme's name → ``EdgezooError`` that says why there is no such file.
    """
    calibrated = [scheme.name for scheme in schemes if is_calibrated(model, scheme.name)]
    fixed = [scheme.name for scheme in schemes if scheme.needs_calibration or scheme.needs_fixed_size]
    refused = {}
    for names, why in (
        (calibrated, _other_than_one_image(model)),
        (calibrated, _loop(model)),
        (fixed, _open_size(shapes)),
        (calibrated, _lack_of_images(calibration)),
    ):
        if why:
            error = EdgezooError(f"{file} cannot be exported as {' and '.join(names)}: {why}.")
            refused = {**dict.fromkeys(names, error), **refused}
    return refused


def require_gray(shapes, file):
    """Refuses a front that makes gray of colours where the network does not take gray."""
    for taken in shapes.values():
        if [len(shape) for shape in taken] != [3] or taken[0][-1] != 1:
            shown = ", ".join(map(dimensions, taken))
            raise EdgezooError(f"rgb=yes is for networks of gray pictures, and {file} takes {shown}; leave it out.")


def _other_than_one_image(model):
    """Of a model that images cannot calibrate."""
    if len(model.inputs) == 1 and len(model.inputs[0].shape) == 4:
        return None
    shapes = ", ".join(str(tensor.shape) for tensor in model.inputs)
    return (
        "it is calibrated with images, which are one input [B, H, W, C]; export it with --quantize float32, float16 "
        f"or dynamic. Received: {shapes}"
    )


def _loop(model):
    """Of recurrent layers, whose loops end TensorFlow's converter by SIGSEGV while it calibrates them."""
    import keras

    loops = [
        f"{layer.name!r} ({type(layer).__name__})"
        for layer in model._flatten_layers()
        if isinstance(layer, keras.layers.RNN) and not layer.unroll
    ]
    if not loops:
        return None
    return (
        f"no converter quantizes the loop of the recurrent layer {' and '.join(loops)}; export it with "
        "--quantize float32, float16 or dynamic, or an LSTM with unroll=True"
    )


def _open_size(shapes):
    """Of open sides in the ``input_shapes`` of a model."""
    if any(None in shape for each in shapes.values() for shape in each):
        return "such files have a fixed input size, and this model takes images of any; give --input-size"
    return None


def _lack_of_images(calibration):
    return "training images are needed to calibrate with; give them with --data" if calibration is None else None
