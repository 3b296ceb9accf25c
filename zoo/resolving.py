"""From what a user names, a model's file or a named model, to the network."""

import os

from .legacy.source import SUFFIXES
from .loading import load_model
from .registry import build, list_models


def is_model_file(name):
    """Whether a text is meant as a file of a model; a registered name never is, though a folder may be called like it.

    Args:
        name: text or path. Whatever ends as a model's file does, or is there, is meant as a file.
    """
    name = os.fspath(name)
    return name not in list_models() and (name.endswith((*SUFFIXES, ".tflite")) or os.path.exists(name))


def load_or_build(name_or_file, **overrides):
    """The network of a Keras model's file, or of a named model.

    Args:
        name_or_file: see ``is_model_file``.
        **overrides: of a named model's settings, as for ``build``; a file's network is what it is.

    Returns:
        A ``keras.Model``.

    Raises:
        UnknownName: neither is there.
        EdgezooError: as from ``load_model`` and ``build``.
    """
    return load_model(name_or_file) if is_model_file(name_or_file) else build(name_or_file, **overrides)
