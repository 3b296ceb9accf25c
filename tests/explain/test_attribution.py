import numpy as np
import pytest
from scipy.special import softmax

from edgezoo.common.errors import EdgezooError
from edgezoo.explain import grad_cam, occlusion, saliency
from edgezoo.zoo import FeedForward, join_members
from edgezoo.zoo.classifier import classifier


@pytest.fixture(scope="module")
def answers(reader, pasted):
    scores = np.asarray(reader(pasted.images.astype("float32"), training=False))
    assert (scores.argmax(axis=1) == pasted.labels).mean() > 0.8  # or nothing can be explained
    return scores.argmax(axis=1)


def with_logits(model):
    return classifier(model, model.name).plain(logits=True, policy="float32")


def predict(reader):
    return lambda images: np.asarray(reader(images.astype("float32"), training=False))


@pytest.mark.parametrize("method", ["saliency", "grad_cam", "occlusion"])
def test_the_explanation_points_at_the_digit(method, reader, pasted, answers):
    explain = {
        "saliency": lambda image, answer: saliency(with_logits(reader), image, answer),
        "grad_cam": lambda image, answer: grad_cam(with_logits(reader), image, answer)[0],
        "occlusion": lambda image, answer: occlusion(predict(reader), image, answer),
    }[method]
    shares = []
    for number, (image, answer) in enumerate(zip(pasted.images, answers, strict=True)):
        heat = explain(image, answer)
        assert heat.shape == image.shape[:2] and np.isfinite(heat).all()
        shares.append(pasted.share_inside(number, heat))
    assert np.median(shares) >= 3 * pasted.chance
    assert min(shares) > 2 * pasted.chance


def test_saliency_of_a_linear_network_is_its_weights(tmp_path):
    import keras

    model = keras.Sequential([keras.Input((4, 5, 2)), keras.layers.Flatten(), keras.layers.Dense(3)])
    weights = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
    model.set_weights([weights, np.zeros(3)])
    image = np.random.default_rng(1).integers(0, 256, (4, 5, 2)).astype(np.uint8)
    expected = np.abs(weights[:, 1].reshape(4, 5, 2)).max(axis=-1)
    np.testing.assert_allclose(saliency(with_logits(model), image, 1), expected, rtol=1e-5)


def test_occlusion_of_a_network_that_reads_one_pixel():
    """Only the squares that cover it cost anything, and they cost all of it."""
    image = np.full((20, 20, 1), 100, np.uint8)
    image[12, 7] = 250

    def scores(images):
        return images[:, 12, 7, :].astype(float)

    heat = occlusion(scores, image, 0, patch=4)
    loss = 250 - round(image.mean())
    assert heat.max() == heat[12, 7] == pytest.approx(loss)
    rows, columns = np.nonzero(heat)
    assert abs(rows - 12).max() <= 3 and abs(columns - 7).max() <= 3


def test_grad_cam_takes_the_layer_that_is_asked_for(reader, pasted):
    network = with_logits(reader)
    heat, layers = grad_cam(network, pasted.images[0], 3, "stage1_*")
    assert layers == ["stage1_pool"] and heat.shape == (48, 48) and heat.min() >= 0
    with pytest.raises(EdgezooError, match="no layer with feature maps fits 'x'"):
        grad_cam(network, pasted.images[0], 3, "x")


def test_grad_cam_of_an_ensemble_looks_at_all_members(reader, pasted):
    """Equations 1 and 2 over the channels of all members: of a network and itself it is that of the network."""
    network = with_logits(join_members([reader, reader]))
    heat, layers = grad_cam(network, pasted.images[0], 3)
    alone, (layer,) = grad_cam(with_logits(reader), pasted.images[0], 3)
    assert layers == [f"member1_{layer}", f"member2_{layer}"]
    np.testing.assert_allclose(heat, alone, rtol=1e-3, atol=1e-5 * alone.max())


def test_grad_cam_does_not_see_what_all_logits_share(reader, pasted):
    """Softmax does not change when all logits fall by the same, and neither does the explanation."""
    network, biased = with_logits(reader), with_logits(reader)
    predictions = biased.steps[-1].operation
    kernel, bias = predictions.get_weights()
    predictions.set_weights([kernel - np.abs(kernel).max(), bias])
    np.testing.assert_allclose(reader(pasted.images[:3]), softmax(biased.network(pasted.images[:3]), axis=1), atol=1e-4)
    heats = [grad_cam(each, pasted.images[0], pasted.labels[0])[0] for each in (network, biased)]
    assert heats[0].max() > 0
    np.testing.assert_allclose(*heats, rtol=1e-2, atol=1e-3 * heats[0].max())


def test_grad_cam_of_a_dense_network_is_refused():
    with pytest.raises(EdgezooError, match=r"none \(dense layers only\).*occlusion"):
        grad_cam(with_logits(FeedForward((8, 8, 1), units=(4,))), np.zeros((8, 8, 1), np.uint8), 0)
