"""Networks that are changed before they become integers, so that less gets lost; float files are not made from them."""

import numpy as np

from ..common.errors import EdgezooError
from ..common.progress import note
from .schemes import SCHEMES


def require_use(forms, equalize, correct_bias):
    """Raises ``EdgezooError`` where equalization or bias correction is asked for and does nothing for any ``Form``."""
    if (equalize or correct_bias) and not any(SCHEMES[form.scheme].needs_calibration for form in forms):
        raise EdgezooError(
            "--equalize and --correct-bias are for files whose activations are integers; add --quantize int8."
        )
    if correct_bias and any(form.layers for form in forms):
        raise EdgezooError("--correct-bias is for files whose weights are all int8; leave it out, or --layer.")


def adjusted(model, name, images, forms, equalize, correct_bias):
    """The networks that calibrated files are made from.

    Args:
        model: ``keras.Model`` that ``exportable`` gives; it stays as it is.
        name: of the model, for messages.
        images: calibration images as it takes them, [n, H, W, C].
        forms: ``Form`` of each file.
        equalize, correct_bias: as for ``export_model``.

    Returns:
        ``(networks, record)``: ``per_channel_dense`` of the forms → ``keras.Model``, and what the record of the
        calibration says of it.

    Raises:
        EdgezooError: the model has a layer that cannot be taken apart, which the message names.
    """
    from ..zoo.endings import graph_of

    if any(form.layers for form in forms) and any(graph_of(layer) for layer in model.layers):
        raise EdgezooError(f"{name} holds a model in it, whose layers --layer cannot name beside --equalize.")
    try:
        return _adjusted(model, name, images, forms, equalize, correct_bias)
    except EdgezooError as error:
        if error.__cause__ is None:
            raise
        raise EdgezooError(
            f"{name} can be neither equalized nor its biases corrected: its layer {error.__cause__}; or leave out "
            "--equalize and --correct-bias."
        ) from error


def _adjusted(model, name, images, forms, equalize, correct_bias):
    from ..compress import bias_corrected, equalized

    images, record = np.asarray(images, np.float32), {}
    if equalize:
        result = equalized(model, images)
        record["equalized_channels"] = result.channels
        if result.channels:
            model = result.model
        else:
            note(
                f"{name}: --equalize changes nothing: no channels go from one layer with a kernel to the next through "
                "nothing but ReLU (not ReLU6), pooling, sums and the like."
            )
    ways = {form.per_channel_dense for form in forms}
    if not correct_bias:
        return dict.fromkeys(ways, model), record
    record["corrected_bias"] = True
    return {way: bias_corrected(model, images, per_channel_dense=way) for way in ways}, record
