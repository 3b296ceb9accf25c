"""Tests of what a quickstart begins with."""

from types import SimpleNamespace

import pytest

from edgezoo.quickstart import Start, start_for

PLAIN, COLOUR = Start("strided_s", None, None), Start("global_l", "cifar10", "finetune")


@pytest.mark.parametrize(
    ("shape", "given", "expected"),
    [
        ((28, 28, 1), {}, PLAIN),
        ((48, 48, 3), {}, PLAIN),
        ((56, 56, 3), {}, COLOUR),
        ((40, 96, 3), {}, COLOUR),
        ((96, 96, 3), {"model": "global_s"}, Start("global_s", None, None)),
        ((96, 96, 3), {"weights": "imagenet"}, Start("mobilenet_025", "imagenet", "finetune")),
        ((32, 32, 3), {"model": "pooled_avg_l", "weights": "cifar10"}, Start("pooled_avg_l", "cifar10", "finetune")),
    ],
)
def test_photographs_start_from_weights_of_photographs(shape, given, expected):
    assert start_for(SimpleNamespace(input_shape=shape), **given) == expected
