"""What runs in the converter's own process: ``python -m edgezoo.export.converter_process``."""

from pathlib import Path

import numpy as np

from ..common.child import serve
from ..common.errors import EdgezooError
from ..common.files import existing_file, naming_full_disk
from ..common.fit import Fit
from ..inspection.packing import packed
from ..inspection.pixels import Pixels
from .channel_scales import rescaled
from .converter import Job, Joining
from .converter_messages import from_converter
from .fits import with_fit
from .identity import tagged
from .joining import joined
from .pixels import with_pixels
from .schemes import SCHEMES, Source
from .verification import verify


def convert(job):
    """Makes and verifies one file.

    Args:
        job: ``Job``.

    Raises:
        EdgezooError: the file cannot be made, or is not what was asked for; ``details`` are those of
            ``converter_messages`` and ``verification``.
    """
    scheme = SCHEMES[job.scheme]
    images = full_range(np.load(job.calibration, allow_pickle=False)) if job.calibration else None
    source = Source(
        Path(job.saved_model),
        job.io,
        images,
        job.pixels or Pixels(),
        job.per_channel_dense,
        job.estimator,
        job.precision,
        job.choices,
    )
    try:
        content = scheme.make(source)
    except (EdgezooError, MemoryError):
        raise
    except Exception as error:  # the converter raises whatever its parts raise
        raise from_converter(str(error) or type(error).__name__) from error
    content, _ = packed(rescaled(content, source.saved_model), numbered=True)
    if job.model:
        content = with_pixels(tagged(content, job.model, job.scheme, job.network), job.pixels)
        content = with_fit(content, job.fit)
    verify(content, scheme, job.io)
    _write(job.output, content)


def join(joining):
    """Makes and verifies one file of several.

    Args:
        joining: ``Joining``; its parts are there.

    Raises:
        EdgezooError: as ``convert``.
    """
    contents = (existing_file(part.output).read_bytes() for part in joining.parts)
    content = joined(dict(zip(joining.signatures, contents, strict=True)))
    verify(content, SCHEMES[joining.scheme], joining.parts[0].io)
    _write(joining.output, content)


def _write(path, content):
    output = Path(path)
    with naming_full_disk(output.parent.parent / output.name):  # what it is to be called, behind the staging folder
        output.write_bytes(content)


def full_range(images):
    """The calibration images, with pixels that are 0 and 255 somewhere.

    An image sensor uses the whole range even where these images do not. It makes the scale of the input exactly 1, so
    that raw uint8 pixels are the quantized input. Two corner pixels of one image are set where that is needed; a value
    at every place would widen the ranges of all layers.

    Args:
        images: uint8 [n, H, W, C]; changed in place.
    """
    if images.max() < 255:
        images[0, -1, -1] = 255  # perhaps where the only 0 was
    if images.min() > 0:
        images[0, 0, 0] = 0
        if images.max() < 255:  # that was where the only 255 was
            images[0, -1, -1] = 255
    return images


def _answer(message, array):
    try:
        if "parts" in message:
            join(Joining(**{**message, "parts": tuple(map(_job, message["parts"]))}))
        else:
            convert(_job(message))
    except MemoryError as error:
        raise EdgezooError("there is not enough memory") from error
    return {}


def _job(message):
    pixels, fit = message["pixels"], message["fit"]
    return Job(**{**message, "pixels": pixels and Pixels.of_row(pixels), "fit": fit and Fit.of_row(fit)})


if __name__ == "__main__":
    serve(_answer)
