import keras
from keras import layers

from edgezoo.inspection.head import head_in_words
from edgezoo.zoo import build


def test_the_share_of_a_flatten_head_is_told_where_it_is_most():
    network = build("strided_s", input_shape=(96, 96, 3), classes=10)
    head, total = network.get_layer("predictions").count_params(), network.count_params()
    sentence = head_in_words(network)
    assert f"{head / total:.0%} of its {total:,} parameters in predictions" in sentence
    assert "global_s" in sentence
    for name, side in (("strided_s", 28), ("global_s", 96), ("feedforward_s", 96)):
        assert head_in_words(build(name, input_shape=(side, side, 3), classes=10)) is None


def test_of_a_users_network_with_another_behind_the_flattening():
    inner = keras.Sequential([keras.Input((16, 16, 3)), layers.Conv2D(8, 3), layers.MaxPooling2D()])
    image = keras.Input((16, 16, 3))
    x = layers.Dropout(0.5)(layers.Flatten()(inner(image)))
    wide = keras.Model(image, layers.Dense(5, activation="softmax", name="scores")(layers.Dense(50, name="wide")(x)))
    assert "in wide, the dense layer" in head_in_words(wide)
    pooled = keras.Model(image, layers.Dense(5)(layers.Flatten()(layers.GlobalMaxPooling2D(keepdims=True)(image))))
    assert head_in_words(pooled) is None
