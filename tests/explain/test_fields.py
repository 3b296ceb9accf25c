import keras
import numpy as np
import pytest

from edgezoo.explain import effective_receptive_field, receptive_field
from edgezoo.explain.fields import perturbed_receptive_fields, receptive_fields
from edgezoo.explain.model_file import open_model
from edgezoo.inspection import describe
from edgezoo.zoo import GlobalPoolCNN, StridedCNN
from edgezoo.zoo.flattening import flattened


@pytest.mark.parametrize(
    "options",
    [
        {"downsampling": "strided"},
        {"downsampling": "max"},
        {"downsampling": "min", "padding": "valid"},
        {"downsampling": "average", "kernel_size": 5},
        {"downsampling": "blur", "residual": True},
        {"downsampling": "max", "dilation": 2},
        {"downsampling": "strided", "separable": True, "residual": True, "expansion": 2},
    ],
    ids=str,
)
def test_gradient_equals_arithmetic(options):
    """An image that is larger than every field, so that none is cut off."""
    shape = (121, 121, 1)
    model = GlobalPoolCNN(shape, filters=(4, 4), blocks=2, **options)
    rows = [row for row in describe(model).rows if len(row.output_shape) == 3 and row.output_shape[:2] != (1, 1)]
    assert len(rows) > 5
    boxes = receptive_fields(flattened(model), [row.name for row in rows], shape)
    for row in rows:
        top, left, bottom, right = boxes[row.name]
        assert (bottom - top, right - left) == (row.receptive_field, row.receptive_field), row.name


def test_at_the_edge_the_image_ends_it():
    model = StridedCNN((16, 16, 1), filters=(4, 4, 4), units=())
    # "same" pads an even side below and right only, so unit 1 begins at 8 and would see 15 pixels.
    assert receptive_field(flattened(model), "stage3_relu", (16, 16, 1)) == (8, 8, 16, 16)


def test_what_moves_a_unit_lies_in_its_receptive_field(reader, pasted):
    image = pasted.images[0]
    for layer in ("stage1_relu", "stage2_relu"):
        heat = effective_receptive_field(flattened(reader), layer, image)
        top, left, bottom, right = receptive_field(flattened(reader), layer, image.shape)
        assert heat.sum() == pytest.approx(heat[top:bottom, left:right].sum()) and heat.max() > 0


def test_a_tflite_file_is_measured_pixel_by_pixel(files, reader, pasted):
    image = pasted.images[0]
    heats = perturbed_receptive_fields(open_model(files["float32"]), image, ["stage1_relu", "stage2_relu"])
    for layer, heat in heats.items():
        top, left, bottom, right = receptive_field(flattened(reader), layer, image.shape)
        outside = heat.copy()
        outside[top:bottom, left:right] = 0
        assert heat.max() > 0 and outside.max() == 0


def test_normalization_between_layers_hides_nothing():
    pixels = keras.Input((15, 15, 1))
    x = keras.layers.Conv2D(2, 3, padding="same")(pixels)
    x = keras.layers.LayerNormalization()(x)
    x = keras.layers.Conv2D(2, 3, padding="same", activation="tanh", name="last")(x)
    model = keras.Model(pixels, x)
    assert receptive_field(flattened(model), "last", (15, 15, 1)) == (5, 5, 10, 10)
    assert np.isfinite(effective_receptive_field(flattened(model), "last", np.zeros((15, 15, 1), np.uint8))).all()
