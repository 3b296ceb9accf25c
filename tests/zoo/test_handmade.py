import numpy as np
import pytest

from edgezoo.evaluate import load_runner
from edgezoo.export import Calibration, export_model
from edgezoo.zoo.handmade import EDGES, SQUARES, EdgeDetector, SquareDetector

SIDE = 32
KINDS = ("square", "rectangle", "cross", "L", "circle", "noise")


def render(n, seed):
    """Shapes of a known kind, filled or outlined, brighter than the background by half of the range or more.

    Returns:
        ``(images, sizes)``: uint8 [n, 32, 32, 1]; the side of the square in each, 0 where there is none.
    """
    random = np.random.default_rng(seed)
    images, sizes = np.zeros((n, SIDE, SIDE, 1), np.uint8), np.zeros(n, int)
    for number in range(n):
        background = int(random.integers(0, 100))
        figure = int(random.integers(background + 128, 256))
        kind = KINDS[number % len(KINDS)]
        if kind == "noise":
            pixels = random.choice([background, figure], (SIDE, SIDE)) if random.random() < 0.5 else None
            images[number, ..., 0] = random.integers(0, 256, (SIDE, SIDE)) if pixels is None else pixels
            continue
        mask, sizes[number] = shape(kind, random)
        images[number, ..., 0] = np.where(mask, figure, background)
    return images, sizes


def shape(kind, random):
    """A bool [32, 32], and the side of a square."""
    rows, columns = np.mgrid[:SIDE, :SIDE]

    def box(top, left, height, width):
        return (rows >= top) & (rows < top + height) & (columns >= left) & (columns < left + width)

    def outlined(mask):
        if random.random() < 0.5:
            return mask
        padded = np.pad(mask, 1)
        inner = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
        return mask & ~inner

    def place(height, width):  # a pixel of background on all sides
        return random.integers(1, SIDE - height), random.integers(1, SIDE - width)

    if kind == "square":
        size = int(random.choice(SQUARES))
        return outlined(box(*place(size, size), size, size)), size
    if kind == "circle":
        radius = random.uniform(3, 10)
        row, column = random.uniform(radius, SIDE - radius, 2)
        return outlined(np.hypot(rows - row, columns - column) < radius), 0
    height, width = random.permutation(np.arange(5, 18))[:2]  # two different sides
    top, left = place(height, width)
    whole = box(top, left, height, width)
    if kind == "rectangle":
        return outlined(whole), 0
    height = width = int(random.choice(SQUARES))  # the square that a cross or an L is cut from
    top, left = place(height, width)
    arm = int(random.integers(2, height // 2))
    if kind == "L":
        return outlined(box(top, left, height, arm) | box(top + height - arm, left, arm, width)), 0
    middle = (height - arm) // 2
    return outlined(box(top + middle, left, arm, width) | box(top, left + middle, height, arm)), 0


@pytest.fixture(scope="module")
def images():
    return render(1000, 0)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """``{"float32", "int8"}`` → the exported square detector."""
    folder = tmp_path_factory.mktemp("squares")
    SquareDetector().save(folder / "squares.keras")
    calibration = Calibration(render(120, 1)[0], {"seed": 1})
    schemes = ("float32", "int8")
    paths = export_model(folder / "squares.keras", folder, schemes, calibration=calibration)
    return dict(zip(schemes, paths, strict=True))


def assert_all_found(answers, sizes):
    found = answers > 0.5
    expected = sizes[:, None] == np.array(SQUARES)
    missed, alarms = np.flatnonzero((expected & ~found).any(1)), np.flatnonzero((found & ~expected).any(1))
    assert not len(missed) and not len(alarms), f"missed {missed}, false alarms {alarms}"


def test_there_is_something_to_find_and_much_to_mistake(images):
    _, sizes = images
    assert set(sizes) == {0, *SQUARES} and 150 < (sizes > 0).sum() < 200


def test_every_square_is_found_and_nothing_else(images):
    pixels, sizes = images
    answers = SquareDetector().predict(pixels.astype("float32"), verbose=0)
    assert_all_found(answers, sizes)
    # No answer is a near miss.
    assert set(np.round(answers.ravel(), 3)) == {0.0, 1.0}


@pytest.mark.parametrize("scheme", ["float32", "int8"])
def test_the_exported_files_find_the_same(scheme, files, images):
    pixels, sizes = images
    assert_all_found(load_runner(files[scheme]).predict(pixels), sizes)


def test_it_finds_squares_in_the_corners_and_several_at_once():
    picture = np.zeros((1, SIDE, SIDE, 1), "float32")
    picture[0, 1:7, 1:7] = picture[0, -13:-1, -13:-1] = 255
    np.testing.assert_allclose(SquareDetector().predict(picture, verbose=0), [[1, 0, 0, 1]])


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"sizes": (4,)}, "6 or more"), ({"sizes": ()}, "sizes"), ({"input_shape": (32, 32, 3)}, "one channel")],
)
def test_what_it_does_not_promise(settings, message):
    with pytest.raises(ValueError, match=message):
        SquareDetector(**settings)


def test_edges_are_differences_of_means():
    """Every filter is the mean of three pixels on its bright side less that on its dark side."""
    picture = np.random.default_rng(0).integers(0, 256, (1, 9, 8, 2)).astype("float32")
    edges = np.asarray(EdgeDetector((9, 8, 2))(picture))[0]
    gray = picture[0].mean(axis=-1) / 255
    for row in range(7):
        for column in range(6):
            patch = gray[row : row + 3, column : column + 3]
            for channel, kernel in enumerate(EDGES.values()):
                kernel = np.array(kernel)
                expected = patch[kernel == 1].mean() - patch[kernel == -1].mean()
                assert edges[row, column, channel] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("turn", "strongest"),
    [(lambda y, x: x > 4, 0), (lambda y, x: y > 4, 1), (lambda y, x: x > y, 2), (lambda y, x: x + y < 9, 3)],
    ids=list(EDGES),
)
def test_each_filter_answers_most_to_its_own_direction(turn, strongest):
    rows, columns = np.mgrid[:10, :10]
    picture = 255.0 * turn(rows, columns)[None, ..., None]
    edges = np.abs(np.asarray(EdgeDetector()(picture))).sum(axis=(0, 1, 2))
    assert edges.argmax() == strongest
