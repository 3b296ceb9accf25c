"""Layers of the user's own: a Python file of theirs that defines them, which is run.

The file is kept in an environment variable, so that child processes that load a model know of it, too.
"""

import contextlib
import functools
import importlib.util
import os
import re
import sys
import traceback
from pathlib import Path

from ..common.errors import EdgezooError
from ..common.files import existing_file
from ..common.progress import note
from ..common.text import one_line

_VARIABLE = "EDGEZOO_CUSTOM"


@contextlib.contextmanager
def use_custom(path):
    """While entered, models are loaded with the layers that a Python file defines.

    The file is run when the first model is loaded, in this process and in children that load one.

    Args:
        path: the file; ``None`` for none.

    Raises:
        EdgezooError: there is no such file.
    """
    before = os.environ.get(_VARIABLE)
    if path is not None:
        if Path(path).suffix != ".py":
            raise EdgezooError(f"{path} is not a Python file; --custom takes a FILE.py.")
        os.environ[_VARIABLE] = os.path.abspath(existing_file(path))
        note(f"{path} is run, for the layers that it defines.")
    try:
        yield
    finally:
        if path is not None:
            os.environ.pop(_VARIABLE)
            if before is not None:
                os.environ[_VARIABLE] = before


def custom_objects(config):
    """Names and objects, classes and functions, for what a model's configuration names; none where no file is used.

    Those that are registered with Keras are known by that. The others are offered under their names, and under those
    names in any package that the configuration speaks of: ``Layer`` and ``Package>Layer``.

    Args:
        config: JSON text.

    Raises:
        EdgezooError: the file cannot be run; the message names the line.
    """
    path = os.environ.get(_VARIABLE)
    defined = _defined_by(path) if path else {}
    packaged = {full: defined[name] for full, name in re.findall(r'"([^"<>]+>(\w+))"', config) if name in defined}
    return {**defined, **packaged}


@functools.cache
def _defined_by(path):
    """What a file defines, ``{name: object}``."""
    spec = importlib.util.spec_from_file_location(f"edgezoo_custom_{Path(path).stem}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.append(os.path.dirname(path))  # the files beside it, as if it were run by Python
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        said = error.msg if isinstance(error, SyntaxError) else one_line(error)
        raise EdgezooError(f"{path}, line {_line(error, path)}: {type(error).__name__}: {said[:300]}") from error
    return {
        name: value
        for name, value in vars(module).items()
        if callable(value) and getattr(value, "__module__", None) == spec.name
    }


def _line(error, path):
    """Where in the file an error came from."""
    if isinstance(error, SyntaxError) and error.filename == path:
        return error.lineno
    frames = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
    return frames[-1] if frames else 1
