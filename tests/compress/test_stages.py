"""What a compression is made of, and what it aims at."""

import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.compress.stages import METHODS, Settings, Stage, stages_of


def test_each_stage_keeps_what_those_before_it_made():
    assert stages_of("prune+cluster+qat") == [
        Stage("prune"),
        Stage("cluster", ("prune",)),
        Stage("qat", ("prune", "cluster")),
    ]
    assert {stage.name for method in METHODS for stage in stages_of(method)} == {"prune", "cluster", "qat"}


def test_structures_of_zeros():
    assert (Settings().zeros, Settings().blocks) == (None, (1, 1))
    assert (Settings(structure="2:4").zeros, Settings(structure="2:4").blocks) == ((2, 4), (1, 1))
    assert (Settings(structure="1x4").zeros, Settings(structure="1x4").blocks) == (None, (1, 4))


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        *(({"structure": text}, "like 2:4") for text in ("4:2", "2:", "x4", "2;4", "1x1", "0x4", "2:44")),
        *(({"sparsity": number}, "between 0 and 1") for number in (0, 1, -0.5, float("nan"))),
        *(({"clusters": number}, "from 2 to 256") for number in (1, 257)),
    ],
)
def test_what_cannot_be_aimed_at_is_refused(settings, told):
    with pytest.raises(EdgezooError, match=f"{told}.*Received: "):
        Settings(**settings)
