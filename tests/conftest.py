"""Fixtures that many tests share: built or trained once a session."""

import pytest

from edgezoo.common.quiet import import_tensorflow


@pytest.fixture(scope="session", autouse=True)
def _tensorflow_without_noise(request):
    """Imports TensorFlow once, quietly; keeps two workers from fighting over two cores."""
    import_tensorflow()
