"""Networks that were trained elsewhere, and what the index says of them."""

import json

import keras
import numpy as np
import publish_trained
import pytest
from contenders import ZOO_TRAINED, published

from edgezoo.common.files import sha256
from edgezoo.datasets import load_dataset
from edgezoo.train import Recipe
from edgezoo.zoo import load_model

SEARCH = """name,family,epochs,of,learning_rate,weight_decay,label_smoothing,shift_px,erase,cutmix
other,StridedCNN,1,1,1,1,0,0,0,0
run,StridedCNN,15,20,0.02,0.1,0.05,4,0.25,0.3
peer,ResNet,3,3,0.01,0.5,0,0,0,0
"""


def test_a_network_is_measured_and_its_training_told(tmp_path, monkeypatch):
    """A network of the zoo, under another name of its own, and a peer, whose file stays as it is."""
    digits = load_dataset("digits")
    trained = load_model(ZOO_TRAINED / "digits" / "strided_xs.keras")
    other = keras.models.clone_model(trained)
    other.set_weights(trained.get_weights())
    source = tmp_path / "source"
    source.mkdir()
    for name in ("mine", "theirs"):
        keras.Model(other.inputs, other.outputs, name="no_name").save(source / f"{name}.keras")
    (source / "search.csv").write_text(SEARCH)
    networks = {
        "strided_xs": publish_trained.Trained("mine", "run"),
        "resnet0": publish_trained.Trained("theirs", "peer"),
    }
    monkeypatch.setattr(publish_trained, "NETWORKS", networks)
    monkeypatch.setattr(publish_trained, "ZOO_TRAINED", tmp_path / "zoo")
    monkeypatch.setattr(publish_trained, "PEERS_TRAINED", tmp_path / "peers")
    test = digits.test.read(range(len(digits.test)))
    np.savez(
        tmp_path / "official.npz", x_train=test[100:], y_train=digits.test.labels[100:], x_test=test[:100],
        y_test=digits.test.labels[:100], class_names=np.array(digits.class_names),
    )  # fmt: skip
    arguments = [source, "--data", "digits", "--official", tmp_path / "official.npz", "--output", tmp_path / "output"]
    publish_trained.main.main([*map(str, arguments)], standalone_mode=False)

    mine = published(tmp_path / "zoo")["digits"]["strided_xs"]
    theirs = published(tmp_path / "peers")["digits"]["resnet0"]
    assert theirs["sha256"] == sha256(source / "theirs.keras")
    assert load_model(tmp_path / "zoo" / mine["file"]).name == "strided_xs"
    known = json.loads((ZOO_TRAINED / "index.json").read_text())["digits"]["strided_xs"]
    for record in (mine, theirs):
        assert record["float"]["top1"] == known["float"]["top1"]
        assert record["training_seconds"] is None
        right = trained.predict(test[:100].astype("float32"), verbose=0).argmax(1) == digits.test.labels[:100]
        assert record["official_test"]["float"]["n"] == 100
        assert record["official_test"]["float"]["top1"] == pytest.approx(np.mean(right))
        assert record["validation_top1"] == known["validation_top1"]
    recipe = Recipe(**mine["recipe"])
    assert (recipe.epochs, recipe.learning_rate, recipe.shift, recipe.cutmix) == (20, 0.02, 0.125, 0.3)
    assert (mine["trained"]["epochs"], theirs["trained"]["epochs"]) == (15, 3)
    assert Recipe(**theirs["recipe"]).weight_decay == 0.5
