"""Networks whose ranges were trained: what each number format makes of their ``FakeQuantize`` layers."""

from ..common.errors import EdgezooError
from .schemes import SCHEMES

#: What the manifest says in place of the calibration images.
RECORD = {"ranges": "trained"}


def keeps_ranges(model, scheme):
    """Whether a file in a number format, given by its name, has the ranges that a ``keras.Model`` was trained with."""
    from ..compress.ranges import has_ranges

    return SCHEMES[scheme].keeps_ranges and has_ranges(model)


def is_calibrated(model, scheme):
    """Whether a file in a number format, given by its name, needs images that the ranges are read off."""
    return SCHEMES[scheme].needs_calibration and not keeps_ranges(model, scheme)


def require_images(model, file, forms, calibrates):
    """Refuses what is for ranges that images give, where they were trained.

    Args:
        model: ``keras.Model``.
        file: its name.
        forms: ``Form`` of each file that is asked for.
        calibrates: whether anything else that needs images is asked for.

    Raises:
        EdgezooError: a file would be made otherwise than it is asked for.
    """
    if any(keeps_ranges(model, form.scheme) and (form.estimator or calibrates) for form in forms):
        raise EdgezooError(
            f"the ranges of {file} were trained, and its int8 file keeps them; leave out what is for "
            "calibration images: --estimator, --equalize, --correct-bias and --calibration-sweep."
        )


def networks_of(model):
    """What files are made of.

    Args:
        model: functional or sequential ``keras.Model``.

    Returns:
        ``(plain, ranged)``: the network without ranges that were trained, which is ``model`` if there are none, and the
        one for files that keep them, or ``None``.
    """
    from ..compress.integers import in_integers
    from ..compress.ranges import has_ranges, without_ranges

    return (without_ranges(model), in_integers(model)) if has_ranges(model) else (model, None)


def range_of_input(model):
    """The ``FakeQuantize`` layer behind the first input of a model, or ``None``."""
    from ..zoo.endings import graph_of
    from ..zoo.layers import FakeQuantize

    layers = (each for each in graph_of(model).operations if isinstance(each, FakeQuantize))
    return next((each for each in layers if each._inbound_nodes[0].input_tensors[0] is model.inputs[0]), None)
