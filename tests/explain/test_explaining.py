"""Every question on every kind of file, and what is refused."""

import xml.etree.ElementTree

import keras
import numpy as np
import pytest
from PIL import Image

from edgezoo.common.errors import EdgezooError
from edgezoo.explain import (
    explain,
    grad_cam,
    kernels,
    maximize_activation,
    saliency,
    show_edges,
    show_flattened,
)
from edgezoo.explain.figures import mosaic
from edgezoo.explain.model_file import open_model
from edgezoo.explain.questions import QUESTIONS
from edgezoo.inspection.pixels import parse
from edgezoo.zoo import FeedForward, PooledCNN
from edgezoo.zoo.flattening import flattened

GRADIENTS = {"saliency", "grad-cam", "activation-maximization"}


@pytest.mark.parametrize("what", QUESTIONS)
@pytest.mark.parametrize("form", ["keras", "float32", "int8"])
def test_every_question_has_a_picture_as_its_answer(what, form, files, tmp_path):
    path = tmp_path / "out.png"
    if form != "keras" and what in GRADIENTS:
        with pytest.raises(EdgezooError, match=f"{what} needs gradients"):
            explain(files[form], what, path, image=files["picture"])
        return
    document = explain(files[form], what, path, image=files["picture"])
    with Image.open(path) as picture:
        assert min(picture.size) > 200 and max(picture.size) < 4000
        assert np.asarray(picture.convert("L")).std() > 5  # not blank
    assert document["layers"] or what in ("saliency", "occlusion")
    assert (document["prediction"] is not None) == QUESTIONS[what].needs_picture


@pytest.mark.parametrize(("side", "size"), [(9, 12), (20, 20)])
def test_of_a_file_for_several_sizes_the_nearest_to_the_picture_is_explained(side, size, two_sizes, tmp_path):
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (side, side), np.uint8)).save(tmp_path / "picture.png")

    def explained(path):
        return explain(path, "feature-maps", tmp_path / "a.png", image=tmp_path / "picture.png", compare=two_sizes.path)

    whole, alone = explained(two_sizes.path), explained(two_sizes.alone[size])
    assert whole["prediction"] == alone["prediction"]
    assert whole["differences"] == alone["differences"]
    assert {row["max"] for row in whole["differences"]} == {0}
    assert f"the one for {size}×{size} is used" in whole["notes"][0]


def test_svg_is_the_same_every_time_and_keeps_its_text(files, tmp_path):
    contents = []
    for name in ("a.svg", "b.svg"):
        explain(files["keras"], "feature-maps", tmp_path / name, image=files["picture"])
        contents.append((tmp_path / name).read_text())
    assert contents[0] == contents[1]
    text = "".join(xml.etree.ElementTree.fromstring(contents[0]).itertext())
    assert "stage1_pool" in text and "24×24×8" in text


def test_classes_have_names(files, tmp_path):
    labels = tmp_path / "labels of mine.txt"
    labels.write_text("".join(f"digit number {k} of ten\n" for k in range(10)))
    for what in ("occlusion", "pipeline"):
        path = tmp_path / f"{what}.svg"
        document = explain(files["keras"], what, path, image=files["picture"], labels=labels)
        name = document["prediction"]["name"]
        assert name == f"digit number {document['prediction']['class']} of ten"
        assert name in "".join(xml.etree.ElementTree.parse(path).getroot().itertext())


def test_comparison_of_float_and_int8(files, tmp_path):
    document = explain(
        files["keras"], "feature-maps", tmp_path / "c.png", image=files["picture"], compare=files["int8"], layer="*pool"
    )
    assert [row["layer"] for row in document["differences"]] == document["layers"] != []
    for row in document["differences"]:
        assert 0 < row["rms"] < 1.5 * row["step"] and row["max"] >= row["rms"]


def test_a_picture_of_another_shape_is_converted_and_said_so(files, tmp_path):
    Image.new("RGB", (100, 30), "red").save(tmp_path / "red.png")
    document = explain(files["keras"], "occlusion", tmp_path / "out.png", image=tmp_path / "red.png")
    assert "30×100 RGB was converted to 48×48 gray" in document["notes"][0]


def test_a_layer_of_ones_own(files, tmp_path):
    document = explain(files["keras"], "filters", tmp_path / "f.png", layer="stage2_*")
    assert document["layers"] and all(name.startswith("stage2_") for name in document["layers"])


def test_large_networks_stay_readable(tmp_path):
    model = PooledCNN((96, 96, 3), filters=(24, 48, 96, 160), blocks=3, units=(), classes=100)
    model.save(tmp_path / "large.keras")
    Image.effect_noise((96, 96), 60).save(tmp_path / "n.png")
    for what in ("feature-maps", "filters", "pipeline"):
        explain(tmp_path / "large.keras", what, tmp_path / "out.png", image=tmp_path / "n.png")
        with Image.open(tmp_path / "out.png") as picture:
            assert picture.width == 1440 and picture.height < 3000, what


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"what": "filters", "output": "a.jpg"}, r"a\.jpg: pictures are written as \.png or \.svg"),
        ({"what": "feature-maps"}, "asked about a picture"),
        ({"what": "filters", "layer": "nothing*"}, "no layer with filters fits 'nothing.'; there are: stage1"),
        ({"what": "filters", "compare": "x.tflite"}, "only feature maps of two files"),
        ({"what": "filter"}, "filters"),
    ],
    ids=str,
)
def test_what_is_refused(options, message, files, tmp_path):
    output = tmp_path / options.pop("output", "out.png")
    with pytest.raises(EdgezooError, match=message):
        explain(files["keras"], output=output, **options)
    assert not list(tmp_path.iterdir())


def test_models_that_are_no_classifiers_of_images(tmp_path):
    keras.Sequential([keras.Input((5,)), keras.layers.Dense(2)]).save(tmp_path / "table.keras")
    with pytest.raises(EdgezooError, match=r"table.keras is no image classifier: its input has the shape \[\?, 5\]"):
        explain(tmp_path / "table.keras", "filters", tmp_path / "o.png")
    (tmp_path / "m.tflite").write_bytes(b"no model at all")
    with pytest.raises(EdgezooError, match=r"is not a \.tflite file"):
        explain(tmp_path / "m.tflite", "filters", tmp_path / "o.png")
    FeedForward((8, 8, 1), units=(4,)).save(tmp_path / "dense.keras")
    with pytest.raises(EdgezooError, match="has no convolution"):
        explain(tmp_path / "dense.keras", "filters", tmp_path / "o.png")


def test_filters_of_int8_are_those_of_keras_but_for_rounding(files):
    by_layer = {each.layer: each.values for each in kernels(open_model(files["int8"]))}
    model = open_model(files["keras"]).classifier.model
    for each in kernels(open_model(files["keras"])):
        # The export multiplies each filter by what batch normalization does to it: the pattern stays.
        own, quantized = (values.reshape(-1, values.shape[-1]) for values in (each.values, by_layer[each.layer]))
        for filter_, other in zip(own.T, quantized.T, strict=True):
            assert abs(np.corrcoef(filter_, other)[0, 1]) > 0.99
    assert len(by_layer) == sum(isinstance(layer, keras.layers.Conv2D) for layer in model.layers)


def test_maximization_excites_its_channel(reader):
    images = maximize_activation(flattened(reader), "stage1_pool", (24, 24, 1), [0, 3], steps=40)
    assert images.shape == (2, 24, 24, 1) and images.min() >= 0 and images.max() <= 255
    features = keras.Model(reader.inputs[0], reader.get_layer("stage1_pool").output)
    noise = np.random.default_rng(0).normal(128, 20, (2, 24, 24, 1))
    for number, channel in enumerate([0, 3]):
        excited, plain = (
            np.asarray(features(batch.astype("float32")))[number, ..., channel].mean() for batch in (images, noise)
        )
        assert excited > plain
    again = maximize_activation(flattened(reader), "stage1_pool", (24, 24, 1), [0, 3], steps=40)
    np.testing.assert_array_equal(images, again)


def test_edges_of_a_photo(tmp_path):
    Image.effect_noise((40, 30), 60).convert("RGB").save(tmp_path / "p.jpg")
    assert "converted to 30×40 gray" in show_edges(tmp_path / "p.jpg", tmp_path / "e.png")
    assert (tmp_path / "e.png").stat().st_size > 5000


def test_a_flattened_picture(tmp_path):
    Image.effect_noise((300, 200), 60).save(tmp_path / "p.png")
    assert "converted to 43×64 gray" in show_flattened(tmp_path / "p.png", tmp_path / "f.svg")
    text = "".join(xml.etree.ElementTree.parse(tmp_path / "f.svg").getroot().itertext())
    assert "one row of 2,752" in text


def test_mosaic_puts_images_in_rows():
    images = np.arange(5 * 4).reshape(5, 2, 2).astype(float)
    canvas = mosaic(images, columns=3)
    assert canvas.shape == (5, 8)
    np.testing.assert_array_equal(canvas[3:, 3:5], images[4])
    assert np.isnan(canvas[2]).all() and np.isnan(canvas[3:, 6:]).all()


QUESTIONS_OF_A_PICTURE = ["feature-maps", "grad-cam", "saliency", "occlusion", "receptive-field", "pipeline"]


@pytest.fixture(scope="module")
def twins(tmp_path_factory):
    """The same network for pixels of -1..1, which does not say so, and with a layer in front that takes raw ones."""
    keras.utils.set_random_seed(3)
    folder = tmp_path_factory.mktemp("twins")
    layers = [
        keras.layers.Conv2D(6, 3, padding="same", activation="relu", name="conv"),
        keras.layers.MaxPooling2D(name="pool"),
        keras.layers.Conv2D(8, 3, padding="same", activation="relu", name="last"),
        keras.layers.GlobalAveragePooling2D(name="mean"),
        keras.layers.Dense(3, activation="softmax", name="scores"),
    ]
    for name, front in (("bare", []), ("raw", [keras.layers.Rescaling(1 / 127.5, -1, name="pixels")])):
        keras.Sequential([keras.Input((16, 16, 3)), *front, *layers]).save(folder / f"{name}.keras")
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    Image.fromarray(pixels).save(folder / "noise.png")
    return folder


@pytest.mark.parametrize("what", QUESTIONS_OF_A_PICTURE)
def test_pixels_in_the_networks_range_are_explained_as_raw_ones(what, twins, tmp_path):
    """Whether a network rescales by itself or pixels are given in its range, what it sees is the same."""
    answers = []
    for name, pixels in (("bare", parse("-1..1")), ("raw", None)):
        output = tmp_path / f"{name}.png"
        document = explain(twins / f"{name}.keras", what, output, image=twins / "noise.png", pixels=pixels)
        assert document["pixels"]["known_by"] == ("--pixels" if pixels else "Rescaling layer")
        answers.append(document)
    bare, raw = answers
    assert bare["prediction"]["score"] == pytest.approx(raw["prediction"]["score"], abs=1e-5)
    assert bare["layers"] == raw["layers"] and bare["notes"] == raw["notes"] == []
    assert bare.get("boxes") == raw.get("boxes")


def test_gradients_are_those_of_raw_pixels(twins):
    pixels = np.asarray(Image.open(twins / "noise.png"))
    one, other = open_model(twins / "bare.keras", parse("-1..1")), open_model(twins / "raw.keras")
    for attribution in (saliency, lambda *how: grad_cam(*how)[0]):
        heats = [attribution(file.logits(), pixels, 1) for file in (one, other)]
        np.testing.assert_allclose(*heats, rtol=1e-3, atol=1e-6)
    by_channel = open_model(twins / "bare.keras", parse("127.5,127.5,127.5,127.5,127.5,127.5"))
    np.testing.assert_allclose(by_channel.predict(pixels[None]), other.predict(pixels[None]), atol=1e-5)
    assert by_channel.plain().network.predict(np.float32(pixels[None]), verbose=0) == pytest.approx(
        other.predict(pixels[None]), abs=1e-5
    )


def test_what_was_assumed_is_noted_and_filters_need_no_pixels(twins, tmp_path):
    document = explain(twins / "bare.keras", "occlusion", tmp_path / "o.png", image=twins / "noise.png")
    assert document["pixels"]["known_by"] == "assumed"
    assert any("does not say which range of pixels it takes" in text for text in document["notes"])
    assert explain(twins / "bare.keras", "filters", tmp_path / "f.png")["notes"] == []
