"""From a known name to a ``Dataset``, with the check that it is whole."""

import functools
import hashlib

import numpy as np

from ...common.errors import EdgezooError
from ..dataset import Split, assemble
from ..images import can_convert
from ..sources import ArraySource, DeferredSource
from ..splitting import by_position
from .registry import NAMED


def load_named(name, *, seed, image_size, channels, validation_fraction):
    """Loads a data set of ``NAMED``; arguments and errors as in ``load_dataset``."""
    named = NAMED[name]
    height, width, stored = named.image_shape
    shape = (*(image_size or named.input_shape[:2]), channels or stored)
    if not can_convert(stored, shape[2]):
        raise EdgezooError(f"{name}: images can be read with 1 or 3 channels. Received: channels={channels}")
    fetched = {part: (images, np.ravel(labels).astype(np.int64)) for part, (images, labels) in named.fetch().items()}
    for part, (_, labels) in fetched.items():
        _require_counts(named, part, labels)
    sources = {}
    for part, (images, labels) in fetched.items():
        if callable(images):
            read = functools.partial(_read, named, part, images, labels)
            sources[part] = DeferredSource(read, (len(labels), *named.image_shape), shape, part)
        else:
            sources[part] = ArraySource(_whole(named, part, images, labels), shape, part)
    digest = named.sha256
    if not any(callable(images) for images, _ in fetched.values()):
        digest = content_sha256((sources[part].array, labels) for part, (_, labels) in fetched.items())
        _require_checksum(named, named.sha256, digest)
    source = {
        "kind": "named",
        "path": named.find(),
        "sha256": digest,
        "sizes": {"distinct": 1, "smallest": [height, width], "largest": [height, width]},
    }
    splits = {part: Split(sources[part], labels) for part, (_, labels) in fetched.items()}
    options = {"seed": seed, "validation_fraction": validation_fraction, "drawing": by_position}
    return assemble(name, named.class_names, shape, splits, source, **options)


def _read(named, part, images, labels):
    """The images of one part, by the function that reads them, if they are as published."""
    images = _whole(named, part, images(), labels)
    _require_checksum(named, named.part_sha256[part], content_sha256([(images, labels)]))
    return images


def _whole(named, part, images, labels):
    """The images as uint8 [n, h, w, c], one for each label."""
    images = np.ascontiguousarray(images, np.uint8).reshape(-1, *named.image_shape)
    if len(images) != len(labels):
        _refuse(named, f"{len(images):,} {part} images and {len(labels):,} labels")
    return images


def _require_counts(named, part, labels):
    if tuple(np.bincount(labels, minlength=len(named.class_names)).tolist()) != named.counts[part]:
        _refuse(named, f"{len(labels):,} {part} labels, or another count in some class")


def _require_checksum(named, published, digest):
    if published not in (None, digest):
        _refuse(named, "its checksum differs")


def _refuse(named, what):
    raise EdgezooError(f"{named.name} is not as published: {what}; remove it and get it again: {named.how}.")


def content_sha256(parts):
    """SHA-256 over images and labels, as bytes, of one part after another.

    Of the content rather than of files: the same images come in several containers. Debian's .gz files differ from
    Zalando's, as they do not store the name of what they hold.

    Args:
        parts: ``(images, labels)`` of the training part, and then of the test part.
    """
    digest = hashlib.sha256()
    for images, labels in parts:
        digest.update(images)
        digest.update(labels.astype(np.uint8))
    return digest.hexdigest()
