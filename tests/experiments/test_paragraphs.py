"""What the paragraphs say of rows in which a claim shows, and of rows in which it does not."""

import pytest

from edgezoo.experiments import depth, downsampling, input_size, parameters, permuted_pixels, shift
from edgezoo.experiments.networks import DOWNSAMPLING


def row(top1, key="top1", half=0.005, **columns):
    return {key: top1, f"{key}_low": top1 - half, f"{key}_high": top1 + half, **columns}


def permuted_rows(dense, cnn):
    return [
        row(top1, network=network, images=images, params=params)
        for network, params, pair in (("FeedForward", 71_000, dense), ("PooledCNN", 72_000, cnn))
        for images, top1 in zip(("plain", "permuted"), pair, strict=True)
    ]


def test_shuffling_costs_the_cnn_only():
    text = permuted_pixels.paragraph(permuted_rows((0.881, 0.883), (0.917, 0.857)))
    assert "88.1 % (87.6–88.6) of the plain and 88.3 % (87.8–88.8)" in text
    assert "91.7 % (91.2–92.2) and 85.7 % (85.2–86.2): it loses 6.0 points" in text
    assert "71,000" in text and "72,000" in text
    assert "does not show" not in text


@pytest.mark.parametrize(
    "dense, cnn, said",
    [
        ((0.88, 0.88), (0.917, 0.912), "0.5 points between them may be chance"),
        ((0.88, 0.88), (0.900, 0.920), "it gains 2.0 points"),
        ((0.88, 0.80), (0.917, 0.857), "the intervals differ"),
    ],
)
def test_shuffling_without_the_claim(dense, cnn, said):
    text = permuted_pixels.paragraph(permuted_rows(dense, cnn))
    assert said in text and "does not show" in text


def family_rows(dense, cnns):
    return [
        row(top1, network=family, budget=budget, params=budget + 5)
        for family, accuracies in zip(parameters.FAMILIES, (dense, *cnns), strict=True)
        for budget, top1 in zip((10_000, 100_000), accuracies, strict=True)
    ]


def test_convolution_pays():
    text = parameters.paragraph(family_rows((0.84, 0.88), [(0.87, 0.92), (0.89, 0.91), (0.86, 0.90)]))
    assert "Convolution pays at every size: in 6 of 6 comparisons" in text
    assert "reaches with 100,005 parameters, StridedCNN reaches with 10,005" in text
    assert "PooledCNN 92.0 % (91.5–92.5)" in text and "below" not in text


def test_convolution_pays_in_part_or_not():
    text = parameters.paragraph(family_rows((0.84, 0.90), [(0.87, 0.90), (0.82, 0.90), (0.84, 0.89)]))
    assert "pays, but not everywhere: in 1 of 6" in text and "In 1 it lies below" in text
    assert "No CNN of fewer parameters reaches" in text
    text = parameters.paragraph(family_rows((0.84, 0.90), [(0.84, 0.90)] * 3))
    assert "does not show: in 0 of 6" in text


def downsampling_rows(accuracies, drops, p_values):
    columns = zip(DOWNSAMPLING, range(5), accuracies, drops, p_values, strict=True)
    common = {"params": 40_000, "delegated": 9, "operators": 10}
    return [
        row(top1, network=name, macs=4_000_000 + 10_000 * k, drop=drop, drop_p=p, p50_ms=0.1 + k / 10, **common)
        for name, k, top1, drop, p in columns
    ]


def test_a_way_of_downsampling_is_best():
    rows = downsampling_rows((0.913, 0.92, 0.90, 0.915, 0.90), (0.001, 0.004, 0, 0, -0.001), (0.4, 0.01, 1, 1, 0.3))
    text = downsampling.paragraph(rows)
    assert "4 million to 4.04 million MACs" in text
    assert "average is best, clearly above min and strided; max and blur cannot be told from it." in text
    assert "The largest drop by int8 is 0.40 points (average)" in text and "shows for average (0.40 points)" in text
    assert "from 0.1 ms (max) to 0.5 ms (strided)" in text


def test_no_way_of_downsampling_is_best():
    text = downsampling.paragraph(downsampling_rows([0.91] * 5, [0.0] * 5, [1.0] * 5))
    assert "no way of downsampling shows as better" in text and "no difference shows" in text


def size_rows(accuracies, flatten, refusal="the model takes one size."):
    common = {"params": 50_000, "p50_ms": 0.5}
    rows = [
        row(top1, network="GlobalPoolCNN", side=side, trained_at="19 to 42", refusal=None, **common)
        for side, top1 in zip((20, 28, 32, 64), accuracies, strict=True)
    ]
    return rows + [
        row(flatten, network=network, side=28, trained_at="28", refusal=refusal, **common)
        for network in input_size.FLATTEN
    ]


def test_one_network_takes_many_sizes():
    text = input_size.paragraph(size_rows((0.90, 0.92, 0.921, 0.70), 0.919))
    assert "92.0 % (91.5–92.5) right at 28" in text and "70.0 % (69.5–70.5) at 64" in text
    assert "best at 32 pixels with 92.1 % (91.6–92.6), from which 28 pixels cannot be told" in text
    assert "cannot be told from the network for any size" in text
    assert text.endswith("Asked for another size they refuse: «the model takes one size».")


def test_flatten_networks_differ_or_do_not_refuse():
    text = input_size.paragraph(size_rows((0.90, 0.92, 0.94, 0.70), 0.95, refusal=None))
    assert "differs clearly from the network for any size" in text and "from which" not in text
    assert "take no other size does not show" in text


def shift_rows(steadiness):
    return [
        {**row(0.92 - distance / 50, network=name, distance=distance), **row(1 - distance * lost, key="same")}
        for name, lost in zip(DOWNSAMPLING, steadiness, strict=True)
        for distance in (0, 1, 2)
    ]


@pytest.fixture(params=["all", "some", "none"])
def steadiness(request):
    """Share of answers lost with each pixel: max, average, min, blur, strided; and what is to be said."""
    return {
        "all": (
            (0.1, 0.05, 0.1, 0.02, 0.1),
            "mends it: at one pixel it is clearly steadier than max, min and strided;",
        ),
        "some": ((0.1, 0.05, 0.02, 0.02, 0.02), "mends it in part: at one pixel it is clearly steadier than max only;"),
        "none": ((0.02, 0.02, 0.02, 0.02, 0.02), "does not show: at one pixel it is clearly steadier than none"),
    }[request.param]


def test_blur_pooling_mends_what_shows(steadiness):
    lost, said = steadiness
    text = shift.paragraph(shift_rows(lost))
    assert said in text
    assert "blur 98.0 % (97.5–98.5)" in text and "by 2 pixels: " in text
    assert "4.0 points (max)" in text and "Without shift augmentation" in text


def depth_rows(accuracies):
    return [
        row(top1, blocks=blocks, filters=f"{blocks}-2-3", params=60_000 + blocks, macs=blocks * 1_000_000)
        for blocks, top1 in zip((1, 2, 5), accuracies, strict=True)
    ]


def test_depth_pays_or_not():
    text = depth.paragraph(depth_rows((0.90, 0.92, 0.921)))
    assert "60,001 to 60,005 parameters" in text and "2 (widths 2-2-3) 92.0 % (91.5–92.5), 2 million MACs" in text
    assert "Best is 5 a stage, clearly above 1; 2 cannot be told from it." in text
    assert "does not show" in depth.paragraph(depth_rows((0.918, 0.92, 0.921)))
