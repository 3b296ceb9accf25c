"""From a known name to a ``Dataset``, with the check that it is whole."""

import hashlib

import numpy as np

from ...common.errors import EdgezooError
from ..dataset import Split, assemble
from ..images import can_convert
from ..sources import ArraySource
from ..splitting import by_position
from .registry import NAMED


def load_named(name, *, seed, image_size, channels, validation_fraction):
    """Loads a data set of ``NAMED``; arguments and errors as in ``load_dataset``."""
    named = NAMED[name]
    height, width, stored = named.image_shape
    shape = (*(image_size or named.input_shape[:2]), channels or stored)
    if not can_convert(stored, shape[2]):
        raise EdgezooError(f"{name}: images can be read with 1 or 3 channels. Received: channels={channels}")
    parts = {
        part: (
            np.ascontiguousarray(images, np.uint8).reshape(-1, *named.image_shape),
            np.ravel(labels).astype(np.int64),
        )
        for part, (images, labels) in named.fetch().items()
    }
    digest = _checked(named, parts)
    source = {
        "kind": "named",
        "path": named.find(),
        "sha256": digest,
        "sizes": {"distinct": 1, "smallest": [height, width], "largest": [height, width]},
    }
    splits = {part: Split(ArraySource(images, shape, part), labels) for part, (images, labels) in parts.items()}
    options = {"seed": seed, "validation_fraction": validation_fraction, "drawing": by_position}
    return assemble(name, named.class_names, shape, splits, source, **options)


def _checked(named, parts):
    """The content's SHA-256, if this is the data set as published."""
    for part, (images, labels) in parts.items():
        counts = tuple(np.bincount(labels, minlength=len(named.class_names)).tolist())
        if counts != named.counts[part] or len(images) != len(labels):
            raise EdgezooError(
                f"{named.name} is not as published: {len(images):,} {part} images and {len(labels):,} labels, "
                f"or another count in some class; remove it and get it again: {named.how}."
            )
    digest = content_sha256(parts)
    if named.sha256 not in (None, digest):
        raise EdgezooError(
            f"{named.name} is not as published: its checksum differs; remove it and get it again: {named.how}."
        )
    return digest


def content_sha256(parts):
    """SHA-256 over images and labels, as bytes, of the training and then of the test part.

    Of the content rather than of files: the same images come in several containers. Debian's .gz files differ from
    Zalando's, as they do not store the name of what they hold.
    """
    digest = hashlib.sha256()
    for images, labels in parts.values():
        digest.update(images)
        digest.update(labels.astype(np.uint8))
    return digest.hexdigest()
