from types import SimpleNamespace

import pytest

from edgezoo.quickstart import network_for


@pytest.mark.parametrize(
    ("shape", "name"),
    [((28, 28, 1), "strided_s"), ((48, 48, 3), "strided_s"), ((56, 56, 3), "global_s"), ((40, 96, 3), "global_s")],
)
def test_photographs_get_a_network_that_pools_globally(shape, name):
    assert network_for(SimpleNamespace(input_shape=shape)) == name
