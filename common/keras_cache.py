"""Where Keras keeps what it downloads, and what is said where it cannot."""

import contextlib
import os
from pathlib import Path

from .errors import EdgezooError
from .files import naming_full_disk
from .text import one_line


def keras_cache(part):
    """A folder that Keras downloads to, ``"datasets"`` or ``"models"``, whether it is there or not."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / part


@contextlib.contextmanager
def downloading(what, part, otherwise):
    """Names what Keras could not download, and what to do.

    Args:
        what: is downloaded, for the message.
        part: as for ``keras_cache``.
        otherwise: what helps besides a network, half a sentence.

    Raises:
        EdgezooError: the download failed.
    """
    try:
        with naming_full_disk(keras_cache(part)):
            yield
    except EdgezooError:
        raise
    except Exception as error:  # Keras raises a bare Exception where the download fails
        raise EdgezooError(
            f"cannot get {what}, Keras' download failed ({one_line(error)}): connect this machine to the network, "
            f"or {otherwise}."
        ) from error
