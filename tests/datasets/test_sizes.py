import numpy as np
import pytest
from PIL import Image

from edgezoo.common.errors import EdgezooError, UnknownName
from edgezoo.common.fit import Fit
from edgezoo.datasets import load_dataset
from edgezoo.datasets.sizes import default_size, size_in_words


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([(28, 28)] * 3, (28, 28)),
        ([(96, 96)] * 3, (96, 96)),
        ([(48, 256)] * 3, (48, 256)),
        ([(48, 257)] * 3, (48, 48)),
        ([(128, 128)] * 3, (96, 96)),
        ([(224, 224)] * 3, (96, 96)),
        ([(3000, 4000)] * 3, (96, 96)),
        ([(50, 80), (61, 60), (70, 90)], (56, 56)),
        ([(8, 8), (9, 9)], (32, 32)),
    ],
)
def test_default_size(sizes, expected):
    assert default_size(sizes) == expected


@pytest.fixture
def photos(write, tmp_path):
    """Ten pictures a class of 40×120, each of one colour, and of different ones."""
    for label, name in enumerate(("day", "night")):
        for number in range(10):
            write(f"photos/{name}/{number}.png", (100 * label + number, 50, 10 * label), size=(120, 40))
    return tmp_path / "photos"


def test_the_border_is_the_mean_colour_of_the_training_images_alone(photos):
    dataset = load_dataset(photos, fit="pad")
    images = load_dataset(photos).train.read(np.arange(len(dataset.train)))
    border = tuple(np.rint(images.mean(axis=(0, 1, 2))).astype(int).tolist())
    assert dataset.fit == Fit("pad", border)
    for split in dataset.splits.values():
        pixels = split.at((60, 60, 3)).read([0])[0]
        assert (pixels[:20] == border).all() and (pixels[40:] == border).all() and not (pixels[30] == border).all()


def test_a_fit_is_kept_by_every_view_of_a_split(photos):
    dataset = load_dataset(photos, fit="crop")
    assert {split.fit for split in (dataset.test, dataset.test.take(1), dataset.test.at((8, 8, 1)))} == {Fit("crop")}
    assert dataset.test.at((8, 8, 3), Fit()).fit == Fit()
    with pytest.raises(UnknownName, match=r"crops.*did you mean 'crop'"):
        load_dataset(photos, fit="crops")


def test_large_arrays_get_the_default_too(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (12, 100, 140, 3), np.uint8)
    np.savez(tmp_path / "x.npz", x=images, y=np.arange(12) % 2)
    dataset = load_dataset(tmp_path / "x.npz", fit="crop")
    assert dataset.input_shape == (96, 96, 3)
    cropped = [Image.fromarray(image[:, 20:120]).resize((96, 96), Image.Resampling.BILINEAR) for image in images]
    assert any((np.asarray(image) == dataset.train.read([0])[0]).all() for image in cropped)


def test_what_becomes_of_the_size_is_said_in_words(photos, write):
    assert size_in_words(load_dataset("digits", image_size=8), True) is None
    same = load_dataset(photos, image_size=(40, 120))
    assert size_in_words(same, False) is None
    small = load_dataset(photos, image_size=(20, 60))
    assert size_in_words(small, False) == "photos: images of 40×120 are squashed to 20×60"
    squashed = load_dataset(photos, image_size=32)
    assert size_in_words(squashed, False).endswith("squashed to 32×32; --fit crop or pad keeps their proportions")
    write("photos/day/other.png", 7, size=(300, 200))
    default = size_in_words(load_dataset(photos, fit="crop"), True)
    assert default == (
        "photos: images of 40×120 to 200×300 are cropped to 40×40, a default that suits small devices; "
        "another with --input-size"
    )


def test_sizes_that_no_network_takes(photos):
    with pytest.raises(EdgezooError, match="100000×100000 pixels are larger than any network"):
        load_dataset(photos, image_size=100_000)
