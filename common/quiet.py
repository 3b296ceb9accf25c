"""Keeping native libraries' start-up chatter off the user's terminal."""

import contextlib
import importlib.util
import os
import sys
import tempfile


@contextlib.contextmanager
def quiet_stderr():
    """Holds back what native code writes to file descriptor 2; shows it after all if the block raises.

    Yields a function that returns what was written so far.

    TensorFlow and LiteRT write lines such as «I0000 … oneDNN custom operations are on» or «Created TensorFlow Lite
    XNNPACK delegate» from C++ before any log level can be set, so the descriptor itself has to be moved aside.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield lambda: os.pread(held.fileno(), os.fstat(held.fileno()).st_size, 0).decode("utf-8", "replace")
        except Exception:
            sys.stderr.flush()
            held.seek(0)
            os.write(kept, held.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)


def quiet_import(module, package=None):
    """Imports and returns a module, as ``importlib.import_module``, without log noise of TensorFlow's.

    TensorFlow then takes of a GPU's memory what it needs, not all there is. ``TF_CPP_MIN_LOG_LEVEL`` and
    ``TF_FORCE_GPU_ALLOW_GROWTH`` of the user's are respected.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    if "tensorflow" in sys.modules or importlib.util.resolve_name(module, package) in sys.modules:
        return importlib.import_module(module, package)
    with quiet_stderr():
        return importlib.import_module(module, package)


def import_tensorflow():
    """Imports and returns TensorFlow without its log noise."""
    return quiet_import("tensorflow")


def import_keras():
    """Imports and returns Keras, and what it computes with, without log noise."""
    return quiet_import("keras")
