"""Keeping native libraries' start-up chatter off the user's terminal."""

import contextlib
import os
import sys
import tempfile


@contextlib.contextmanager
def quiet_stderr():
    """Holds back what native code writes to file descriptor 2; shows it after all if the block raises.

    TensorFlow and LiteRT write lines such as «I0000 … oneDNN custom operations are on» or «Created TensorFlow Lite
    XNNPACK delegate» from C++ before any log level can be set, so the descriptor itself has to be moved aside.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except Exception:
            sys.stderr.flush()
            held.seek(0)
            os.write(kept, held.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)


def import_tensorflow():
    """Imports and returns TensorFlow without its log noise (``TF_CPP_MIN_LOG_LEVEL`` of the user's is respected)."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if "tensorflow" in sys.modules:
        return sys.modules["tensorflow"]
    with quiet_stderr():
        import tensorflow
    return tensorflow
