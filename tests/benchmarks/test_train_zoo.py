"""The script that makes the weights that ship, and what it has shipped."""

import dataclasses

import contenders
import numpy as np
import pytest
import train_zoo
from contenders import ZOO_TRAINED, Contender, produce, publish, published

from edgezoo.common.errors import UnknownName
from edgezoo.common.files import sha256
from edgezoo.datasets import load_dataset
from edgezoo.datasets.named import NAMED
from edgezoo.evaluate import load_runner
from edgezoo.train import Recipe
from edgezoo.zoo import build, entries, list_models, load_model, registry, weights

SHIPPED = [(dataset, name) for dataset, models in weights.index().items() for name in models]


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits")


@pytest.fixture(scope="module")
def seeds(digits, tmp_path_factory):
    """A network for images of any size, trained twice for two epochs and tuned for one."""
    folder = tmp_path_factory.mktemp("zoo")
    found = []
    for seed in (0, 3):
        recipe = Recipe(epochs=2, batch_size=128, learning_rate=0.01, resize=0.2, precision="float32", seed=seed)
        found.append(Contender(folder / f"seed{seed}", "global_xs", seed, digits.input_shape[0]))
        tuning = dataclasses.replace(recipe, epochs=1, learning_rate=0.001)
        train_zoo.train(found[-1], digits, recipe, tuning)
    return found


def test_a_finished_training_is_not_done_again(seeds, digits):
    def fail():
        raise AssertionError("built again")

    for contender in seeds:
        assert contender.finished
        produce(contender, fail, digits, Recipe())


def test_tuning_leaves_the_averages_of_batch_normalization(seeds):
    for contender in seeds:
        before = load_model(contender.folder / "run" / "model.keras").get_layer("stage1_downsample_norm")
        after = load_model(contender.keras).get_layer("stage1_downsample_norm")
        np.testing.assert_array_equal(before.moving_mean, after.moving_mean)
        kernels = [
            load_model(path).get_layer("predictions").kernel
            for path in (contender.folder / "run/model.keras", contender.keras)
        ]
        assert np.abs(kernels[0] - kernels[1]).max() > 1e-4
        assert [run["results"]["epochs"] for run in contender.runs] == [2, 1]


def test_a_file_that_stays_keeps_its_commit(seeds, digits, monkeypatch, tmp_path):
    """Of two heads: more seeds that change nothing keep the first, another file has the second."""
    better, worse = sorted(seeds, key=lambda each: each.val_accuracy, reverse=True)
    monkeypatch.setattr(contenders, "_head", lambda: "first")
    assert publish([better], digits, tmp_path)["commit"] == "first"
    monkeypatch.setattr(contenders, "_head", lambda: "second")
    record = publish([better, worse], digits, tmp_path)
    assert record["commit"] == "first"
    assert len(record["int8"]["top1_by_seed"]) == 2
    assert publish([worse], digits, tmp_path)["commit"] == "second"


def test_the_better_seed_on_validation_is_published_with_its_accuracies(seeds, digits, monkeypatch, tmp_path):
    record = publish(seeds, digits, tmp_path)
    (best,) = (each for each in seeds if each.seed == record["seed"])
    assert best.val_accuracy == max(each.val_accuracy for each in seeds)
    assert record["images"] == best.runs[-1]["dataset"]["images"] | {"test": len(digits.test)}
    assert record["sha256"] == sha256(tmp_path / record["file"]) == sha256(best.keras)
    assert Recipe(**record["recipe"]).seed == record["seed"]
    assert Recipe(**record["tuning"]).epochs == 1
    pixels = np.concatenate([images for images, _ in digits.test.batches(500)])
    for kind, path in (("float", best.keras), ("int8", best.exported("int8"))):
        top1 = np.mean(load_runner(path, image_size=(32, 32)).predict(pixels).argmax(axis=1) == digits.test.labels)
        assert record[kind]["top1"] == pytest.approx(top1)
        assert record[kind]["top1_by_seed"][record["seed"]] == record[kind]["top1"]
        assert record[kind]["sha256"] == sha256(path)

    monkeypatch.setattr(weights, "shipped", tmp_path.joinpath)
    monkeypatch.setattr(weights, "index", lambda: published(tmp_path))
    model = build("global_xs", weights="digits")
    assert model.input_shape == (None, 32, 32, 1)
    images = pixels[:50].astype("float32")
    np.testing.assert_allclose(
        model(images), load_runner(best.keras, image_size=(32, 32)).predict(pixels[:50]), atol=1e-5
    )


def test_the_plan_names_models_and_recipes_that_exist():
    for plan in train_zoo.PLAN.values():
        assert set(plan) <= set(list_models())
        for name, planned in plan.items():
            assert (planned.recipe is None) == (registry.entry(name).family == "Ensemble")
        for planned in plan.values():
            if planned.recipe:
                training, tuning = planned.recipes(7)
                assert training.seed == 7 and training == Recipe.load(
                    planned.recipe, seed=7, **(planned.settings or {})
                )
                assert tuning == (planned.tuning and Recipe.load(planned.tuning, seed=7))
            assert planned.seeds >= 1


def test_a_data_set_that_is_not_planned_is_refused(tmp_path):
    np.savez(tmp_path / "digit.npz", x_train=np.zeros((40, 8, 8), "uint8"), y_train=np.arange(40) % 2)
    with pytest.raises(UnknownName, match="did you mean 'digits'"):
        train_zoo.main.main(["--data", str(tmp_path / "digit.npz")], standalone_mode=False)


def test_all_that_ships_is_under_15_megabytes():
    files = [path for path in ZOO_TRAINED.rglob("*") if path.is_file()]
    assert {str(path.relative_to(ZOO_TRAINED)) for path in files} == {
        "index.json",
        *(weights.index()[dataset][name]["file"] for dataset, name in SHIPPED),
    }
    assert sum(path.stat().st_size for path in files) < 15e6


def test_there_are_weights_for_colour_of_every_size():
    """Each with what it comes to; where they were not trained by this script, the index says by what."""
    records = weights.index()["cifar10"]
    sizes = []
    for name, record in records.items():
        model = build(name, weights="cifar10")  # the file is there, of the published sha256, and fits
        assert model.input_shape == (None, 32, 32, 3)
        sizes.append(model.count_params())
        assert record["images"] == {"train": 36_000, "validation": 4_000, "test": 10_000}
        if "trained" in record:
            assert record["trained"]["by"] and 0 < record["trained"]["epochs"] <= record["recipe"]["epochs"]
        else:
            assert Recipe(**record["recipe"]) == train_zoo.PLAN["cifar10"][name].recipes(record["seed"])[0]
            assert record["training_seconds"] > 0
        for kind in ("float", "int8"):
            low, high = record[kind]["top1_ci95"]
            assert low < record[kind]["top1"] < high
            # The same network of two samples of the same kind of image: within four standard errors of the smaller.
            official = record["official_test"][kind]
            assert official["top1"] == pytest.approx(record[kind]["top1"], abs=4 * np.sqrt(0.25 / official["n"]))
        assert record["int8"]["top1"] > record["float"]["top1"] - 0.006
    assert records["pooled_avg_xs"]["int8"]["size_bytes"] < 12_000
    for limit in (10_000, 30_000, 100_000, 250_000):
        assert any(limit / 4 < size <= limit for size in sizes)


@pytest.mark.parametrize(("dataset", "name"), SHIPPED)
def test_shipped_weights_are_as_accurate_as_the_index_says(dataset, name):
    """On a sample of the test images; the index's figure is that of all of them."""
    if not NAMED[dataset].find():
        pytest.skip(f"{dataset} is not on this machine")
    record = weights.index()[dataset][name]
    test = load_dataset(dataset).test
    ((pixels, labels),) = test.take(min(500, len(test))).batches(500)
    model = build(name, weights=dataset)
    accuracy = np.mean(model.predict(pixels.astype("float32"), verbose=0).argmax(axis=1) == labels)
    low, high = record["float"]["top1_ci95"]
    margin = 4 * np.sqrt(low * (1 - low) / len(labels))
    assert low - margin < accuracy < high + margin


def test_an_ensemble_is_joined_from_trainings_of_its_members(monkeypatch, tmp_path):
    """As the command does it, side by side; a second call trains and joins nothing."""
    digits = load_dataset("digits")
    trio = entries.Entry("trio", "Ensemble", {"members": ("strided_xs", "global_xs", "strided_xs")}, "Three networks.")
    monkeypatch.setitem(entries.ENTRIES, "trio", trio)
    monkeypatch.setitem(train_zoo.PLAN["digits"], "trio", train_zoo.Planned(None))
    monkeypatch.setattr(train_zoo, "ZOO_TRAINED", tmp_path / "published")
    commands = []

    def train_here(found, jobs):
        for _, (*_, name, _, _, _, seed), log in found:
            commands.append((name, int(seed)))
            one = Contender(log.parent, name, int(seed))
            train_zoo.train(one, digits, Recipe.load("quick", seed=int(seed), epochs=1, precision="float32"))

    monkeypatch.setattr(train_zoo, "run_side_by_side", train_here)
    for _ in range(2):
        train_zoo.main.main(["trio", "--data", "digits", "--output", str(tmp_path)], standalone_mode=False)
    assert commands == [("strided_xs", 0), ("global_xs", 0), ("strided_xs", 1)]

    joint = train_zoo.contender(tmp_path, "digits", "trio", 0, 8)
    record = published(tmp_path / "published")["digits"]["trio"]
    assert record["recipe"] is None and record["tuning"] is None
    assert [(each["model"], each["recipe"]["seed"]) for each in record["members"]] == commands
    assert [each["validation_top1"] for each in record["members"]] == [each.val_accuracy for each in joint.members]
    assert record["images"] == {split: len(images) for split, images in digits.splits.items()}
    assert record["training_seconds"] == round(sum(member.training_seconds for member in joint.members))
    images = digits.validation.read(np.arange(len(digits.validation)))
    answers = load_runner(joint.keras).predict(images)
    assert record["validation_top1"] == pytest.approx(np.mean(answers.argmax(axis=1) == digits.validation.labels))
    logs = [np.log(load_runner(member.keras).predict(images)) for member in joint.members]
    mean = np.exp(np.mean(logs, axis=0))
    np.testing.assert_allclose(answers, mean / mean.sum(axis=1, keepdims=True), atol=1e-5)
    assert [layer.name for layer in load_model(joint.keras).layers] == [layer.name for layer in build("trio").layers]
    assert train_zoo.contender(tmp_path, "digits", "strided_xs", 1, 8).members == ()
