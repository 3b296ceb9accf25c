"""What a layer table is, whatever it was read from."""

import dataclasses

from ..common.errors import EdgezooError


@dataclasses.dataclass(frozen=True)
class Row:
    """One layer or operator; sizes are ``None`` where the layer has none of that kind.

    Attributes:
        name, op: of the layer, or of the operator's output tensor and the operator.
        output_shape: without the batch.
        kernel, stride: (height, width) in pixels.
        padding: ``"same"`` or ``"valid"``.
        receptive_field: pixels of the image that one output depends on, one number or (height, width). Behind global
            pooling and behind a dense layer over all positions it is the image's size.
        params: stored numbers, each counted once; of a Keras model all, batch normalization's moving averages too.
        macs: multiply-accumulates of one image in convolutions, dense layers and matrix products; 0 for all else.
        activation_bytes: bytes of the tensors that it writes, 0 where it works on its input's (see ``describe``).
        input_size, dilation: (height, width) of its first input, and of the gaps of its kernel.
    """

    name: str
    op: str
    output_shape: tuple
    kernel: tuple | None
    stride: tuple | None
    padding: str | None
    receptive_field: int | tuple
    params: int
    macs: int
    activation_bytes: int
    input_size: tuple | None = None
    dilation: tuple | None = None

    def as_dict(self):
        """A layer in the document of ``edgezoo describe --json``, which has no more than its readers know."""
        return {key: value for key, value in vars(self).items() if key not in ("input_size", "dilation")}


@dataclasses.dataclass(frozen=True)
class Summary:
    """A whole network: ``rows`` in order of execution, and their totals."""

    rows: tuple[Row, ...]
    params: int
    macs: int
    peak_activation_bytes: int

    def as_dict(self):
        """The document of ``edgezoo describe --json``."""
        return {
            "layers": [row.as_dict() for row in self.rows],
            "params": self.params,
            "macs": self.macs,
            "peak_activation_bytes": self.peak_activation_bytes,
        }


def whole_shape(input_shape, own, name):
    """``input_shape`` if a network whose image shape is ``own``, with ``None`` for open sides, takes it."""
    if input_shape is None:
        if None in own:
            raise EdgezooError(f"{name} takes images of any size; say which with --input-shape H,W,C.")
        return own
    input_shape = tuple(input_shape)
    fits = len(own) == len(input_shape) and all(a in (None, b) for a, b in zip(own, input_shape, strict=True))
    if not fits or min(input_shape, default=1) < 1:
        raise EdgezooError(f"{name} takes images of shape {own}, not {input_shape}.")
    return input_shape
