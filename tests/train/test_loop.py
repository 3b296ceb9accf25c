import csv
import dataclasses
import json
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import scipy.special
import sklearn.metrics
from PIL import Image

from edgezoo import train
from edgezoo.common.errors import EdgezooError
from edgezoo.common.files import sha256
from edgezoo.datasets import load_dataset
from edgezoo.datasets.fingerprints import fingerprint
from edgezoo.train import Recipe, fit, loop, precision
from edgezoo.train.run_folder import RunFolder
from edgezoo.zoo import GlobalPoolCNN, load_model
from edgezoo.zoo.starting import start_from

from ..forked import Forked
from ..schemas import assert_valid

#: Everything that carries state from step to step; the model adds dropout and batch normalization. The precision is
#: given: what "auto" measures can differ from run to run.
RECIPE = Recipe(
    epochs=4,
    batch_size=32,
    learning_rate=5e-3,
    shift=0.1,
    flip="horizontal",
    crop=0.6,
    jitter=0.1,
    mixup=0.2,
    ema=0.8,
    precision="float32",
)


class Untouchable:
    """Stands in for the test split."""

    def __getattr__(self, name):
        raise AssertionError(f"training asked for test.{name}")


@pytest.fixture(scope="module")
def whole(tmp_path_factory, dataset, make_model):
    """An unbroken run: ``(model, RunResult)``."""
    model = make_model(name="net")
    dataset = dataclasses.replace(dataset, test=Untouchable())
    return model, fit(model, dataset, tmp_path_factory.mktemp("whole") / "run", RECIPE)


def assert_same_run(folder, other):
    """All variables, best weights and results of two run folders are equal to the bit; times are not compared."""
    with np.load(folder / "checkpoint.npz") as a, np.load(other / "checkpoint.npz") as b:
        assert a.files == b.files
        for key in a.files:
            if key != "history":
                np.testing.assert_array_equal(a[key], b[key])
    rows = [[{**row, "seconds": 0} for row in read_csv(path / "history.csv")] for path in (folder, other)]
    assert rows[0] == rows[1]
    models = [load_model(path / "model.keras").get_weights() for path in (folder, other)]
    for a, b in zip(*models, strict=True):
        np.testing.assert_array_equal(a, b)
    results = [json.loads((path / "run.json").read_text())["results"] for path in (folder, other)]
    assert {**results[0], "model_sha256": ""} == {**results[1], "model_sha256": ""}  # a .keras file holds its date


def read_csv(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def before_call(monkeypatch, owner, name, at, action):
    """Lets ``action`` happen before the ``at``-th call of ``owner.name``."""
    calls = []
    original = getattr(owner, name)

    def wrapped(*args, **kwargs):
        calls.append(name)
        if len(calls) == at:
            action()
        return original(*args, **kwargs)

    monkeypatch.setattr(owner, name, wrapped)


def ctrl_c():
    signal.raise_signal(signal.SIGINT)


def test_the_reported_accuracy_is_that_of_the_file(whole, dataset):
    _, result = whole
    model = load_model(result.model_path)
    images, labels = zip(*dataset.validation.batches(64), strict=True)
    outputs = model.predict(np.concatenate(images).astype("float32"), verbose=0)
    correct = outputs.argmax(axis=1) == np.concatenate(labels)
    assert result.val_accuracy == pytest.approx(correct.mean())
    assert result.val_accuracy > 0.5  # of four classes: something was learned
    loss = -np.log(outputs[np.arange(len(correct)), np.concatenate(labels)]).mean()
    assert result.history[result.best_epoch - 1]["val_loss"] == pytest.approx(loss, rel=1e-5)


def test_the_folder_tells_all(whole, dataset):
    model, result = whole
    record = json.loads((result.run_dir / "run.json").read_text())
    assert record["status"] == "finished"
    assert record["recipe"] == dataclasses.asdict(RECIPE)
    assert record["model"]["name"] == "net" and record["model"]["params"] == model.count_params()
    assert record["dataset"]["source"]["sha256"] == dataset.source["sha256"]
    assert record["precision"]["chosen"] == "float32" and record["precision"]["why"]
    assert record["environment"]["packages"]["keras"] == keras.__version__
    assert record["command"]
    assert record["results"]["best_epoch"] == result.best_epoch
    assert record["results"]["model_sha256"] == sha256(result.model_path)
    assert [int(row["epoch"]) for row in read_csv(result.run_dir / "history.csv")] == [1, 2, 3, 4]
    assert (result.run_dir / "curves.png").stat().st_size > 1000
    assert list(result.run_dir.glob("logs/train/events.out.tfevents.*"))
    images = dataset.train.read(np.arange(len(dataset.train)))
    kept = np.load(result.run_dir / "trained_on.npy", allow_pickle=False)
    assert kept.tolist() == sorted({fingerprint(image) for image in images})
    json.dumps(result.as_dict())
    assert_valid(record, "train", "run")


def test_the_caller_gets_the_best_weights(whole):
    model, result = whole
    for a, b in zip(model.get_weights(), load_model(result.model_path).get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("owner", "name", "at", "epochs"),
    [
        (loop._Watch, "on_train_batch_end", 25, 2),  # in the middle of the third epoch
        (RunFolder, "publish", 4, 3),  # at the end of the third epoch, which is brought to its end
    ],
)
def test_ctrl_c_keeps_the_best_and_resume_ends_the_same(
    tmp_path, monkeypatch, dataset, make_model, whole, owner, name, at, epochs
):
    with monkeypatch.context() as patch:
        before_call(patch, owner, name, at, ctrl_c)
        model = make_model()
        result = fit(model, dataset, tmp_path / "run", RECIPE)
    assert result.interrupted and result.epochs == epochs
    assert result.best_epoch == max(result.history, key=lambda r: (r["val_accuracy"], -r["val_loss"]))["epoch"]
    for a, b in zip(model.get_weights(), load_model(result.model_path).get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert json.loads((tmp_path / "run/run.json").read_text())["status"] == "interrupted"

    resumed = fit(make_model(), dataset, tmp_path / "run", RECIPE, resume=True)
    assert not resumed.interrupted and resumed.epochs == RECIPE.epochs
    assert_same_run(tmp_path / "run", whole[1].run_dir)
    assert len(json.loads((tmp_path / "run/run.json").read_text())["resumed"]) == 1


def test_the_record_tells_what_a_run_started_from(tmp_path, dataset, make_model):
    old, model = make_model(), make_model(name="mine")
    old.save(tmp_path / "old.keras")
    start_from(model, tmp_path / "old.keras", "imagenet")
    fit(model, dataset, tmp_path / "run", Recipe(epochs=1, precision="float32"))
    record = json.loads((tmp_path / "run/run.json").read_text())
    assert_valid(record, "train", "run")
    assert record["model"]["start"] == {"weights": "imagenet", "sha256": sha256(tmp_path / "old.keras"), "new": []}
    with pytest.raises(EdgezooError, match=r"another model: start was .*imagenet.* and is now null"):
        fit(make_model(), dataset, tmp_path / "run", Recipe(epochs=1, precision="float32"), resume=True)


def test_patience_ends_a_training_that_gets_no_better(tmp_path, monkeypatch, dataset, make_model, capsys):
    recipe = dataclasses.replace(RECIPE, epochs=9, patience=2, learning_rate=1e-9, ema=0)
    result = fit(make_model(), dataset, tmp_path / "run", recipe)
    assert result.stopped_early and not result.interrupted and result.epochs - result.best_epoch == 2 < 9
    record = json.loads((tmp_path / "run/run.json").read_text())
    assert record["status"] == "finished" and record["stopped_early"] is True
    assert_valid(record, "train", "run")
    assert "stopped early: 2 epochs without a better one" in capsys.readouterr().err

    monkeypatch.setattr(loop, "training_batches", None)  # any training would fail
    again = fit(make_model(), dataset, tmp_path / "run", recipe, resume=True)
    assert again.as_dict() == result.as_dict()
    assert f"done already, after {result.epochs} epochs" in capsys.readouterr().err


def test_what_takes_colour_or_gray_refuses_other_channels(tmp_path, dataset, make_model):
    five = dataclasses.replace(dataset, input_shape=(16, 16, 5))
    with pytest.raises(EdgezooError, match="the recipe's jitter takes 1 or 3 channels"):
        fit(make_model(shape=(16, 16, 5)), five, tmp_path / "run", Recipe(jitter=0.1))


@pytest.mark.parametrize("module", ["run_folder.write_json", "run_folder.write_text", "run_folder.sha256"])
@pytest.mark.parametrize("at", [3, 4])
def test_a_second_ctrl_c_between_two_files_can_be_resumed(
    tmp_path, monkeypatch, dataset, make_model, whole, module, at
):
    module, name = module.split(".")
    with monkeypatch.context() as patch:
        before_call(patch, getattr(train, module), name, at, lambda: (ctrl_c(), ctrl_c()))
        with pytest.raises(KeyboardInterrupt):
            fit(make_model(), dataset, tmp_path / "run", RECIPE)
    assert_whole(tmp_path / "run")
    fit(make_model(), dataset, tmp_path / "run", RECIPE, resume=True)
    assert_same_run(tmp_path / "run", whole[1].run_dir)


def test_ctrl_c_before_the_first_epoch_leaves_a_run_to_resume(tmp_path, monkeypatch, dataset, make_model, whole):
    with monkeypatch.context() as patch:
        before_call(patch, loop._Watch, "on_train_batch_end", 3, ctrl_c)
        with pytest.raises(EdgezooError, match=r"before its first epoch was finished.*--resume goes on"):
            fit(make_model(), dataset, tmp_path / "run", RECIPE)
    assert not (tmp_path / "run/model.keras").exists()
    other_weights = make_model()
    other_weights.set_weights([weight + 1 for weight in other_weights.get_weights()])
    fit(other_weights, dataset, tmp_path / "run", RECIPE, resume=True)
    assert_same_run(tmp_path / "run", whole[1].run_dir)


def test_ctrl_c_is_pythons_own_again_afterwards(whole):
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) is signal.getsignal(signal.SIGHUP) is signal.SIG_DFL


def test_other_threads_can_train(tmp_path, dataset, make_model):
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(fit, make_model(), dataset, tmp_path / "run", Recipe(epochs=1, batch_size=64)).result()
    assert result.epochs == 1


def test_a_finished_run_is_left_as_it_is(dataset, make_model, whole, monkeypatch):
    run_dir = whole[1].run_dir
    before = {path.name: sha256(path) for path in run_dir.iterdir() if path.is_file()}
    monkeypatch.setattr(loop, "training_batches", None)  # any training would fail
    again = fit(make_model(), dataset, run_dir, RECIPE, resume=True)
    assert dataclasses.replace(again, history=[]) == dataclasses.replace(whole[1], history=[])
    assert before == {path.name: sha256(path) for path in run_dir.iterdir() if path.is_file()}


def test_another_recipe_data_set_or_model_is_refused(data_file, dataset, make_model, whole):
    from edgezoo.datasets import load_dataset

    run_dir = whole[1].run_dir
    with pytest.raises(EdgezooError, match="holds a run already"):
        fit(make_model(), dataset, run_dir, RECIPE)
    with pytest.raises(EdgezooError, match=r"another recipe: learning_rate was 0\.005 and is now 0\.1"):
        fit(make_model(), dataset, run_dir, dataclasses.replace(RECIPE, learning_rate=0.1), resume=True)
    with pytest.raises(EdgezooError, match="another model: architecture_sha256"):
        fit(make_model(activation=None), dataset, run_dir, RECIPE, resume=True)
    with pytest.raises(EdgezooError, match="another dataset: images"):  # of another seed
        fit(make_model(), load_dataset(data_file, seed=1), run_dir, RECIPE, resume=True)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (-1, r"the loss became nan; .*lower learning rate"),
        (0, r"weights became infinite or NaN in epoch 2; .*lower learning rate"),  # hidden from the loss by ReLU
    ],
)
def test_divergence_is_an_error_and_keeps_what_was_there(tmp_path, monkeypatch, dataset, make_model, layer, message):
    steps = []

    def poison(self, step, logs=None):
        steps.append(step)
        if len(steps) == 15:  # in the second epoch
            weights = self.model.trainable_variables[layer]
            weights.assign(weights * np.nan)

    monkeypatch.setattr(loop._Keeper, "on_train_batch_begin", poison)
    with pytest.raises(EdgezooError, match=message):
        fit(make_model(), dataset, tmp_path / "run", RECIPE)
    record = json.loads((tmp_path / "run/run.json").read_text())
    assert record["status"] == "diverged" and record["results"]["epochs"] == 1
    assert np.isfinite(load_model(tmp_path / "run/model.keras").get_weights()[0]).all()


def test_a_network_for_any_size_trains_at_many(tmp_path, dataset, make_model):
    recipe = Recipe(epochs=2, batch_size=50, resize=0.5)
    with pytest.raises(EdgezooError, match="takes one size only; set resize to 0"):
        fit(make_model(), dataset, tmp_path / "fixed", recipe)
    model = GlobalPoolCNN((None, None, 3), classes=4, filters=(4, 8))
    result = fit(model, dataset, tmp_path / "any", recipe)
    assert result.history[-1]["loss"] < result.history[0]["loss"]


@pytest.mark.parametrize("setting", [{"class_weights": "balanced"}, {"sampling": "balanced"}], ids=str)
def test_of_a_recipe_that_balances_the_balanced_accuracy_decides(tmp_path, dataset, make_model, setting, capsys):
    kept = np.flatnonzero((dataset.train.labels > 0) | (np.arange(len(dataset.train)) % 9 == 0))
    uneven = dataclasses.replace(dataset, train=dataset.train.subset(kept))
    recipe = dataclasses.replace(RECIPE, **setting)
    result = fit(make_model(), uneven, tmp_path / "run", recipe)
    said = capsys.readouterr().err
    assert "to 1: the recipe makes up for that" in said and "bal_acc" in said
    best = max(result.history, key=lambda row: (row["val_balanced_accuracy"], -row["val_loss"]))
    assert result.best_epoch == best["epoch"]
    images, labels = (np.concatenate(each) for each in zip(*dataset.validation.batches(64), strict=True))
    answers = load_model(result.model_path).predict(images.astype("float32"), verbose=0).argmax(axis=1)
    expected = sklearn.metrics.balanced_accuracy_score(labels, answers)
    assert best["val_balanced_accuracy"] == pytest.approx(expected)
    record = json.loads((tmp_path / "run/run.json").read_text())
    assert record["results"]["val_balanced_accuracy"] == best["val_balanced_accuracy"]
    assert_valid(record, "train", "run")


def test_class_weights_weigh_the_loss(tmp_path, dataset):
    inputs = keras.Input((16, 16, 3))
    model = keras.Model(inputs, keras.layers.Dense(4)(keras.layers.GlobalAveragePooling2D()(inputs / 255)))
    few = dataclasses.replace(dataset, train=dataset.train.subset(np.flatnonzero(dataset.train.labels != 2)[:100]))
    images, labels = few.train.read(np.arange(100)), few.train.labels
    recipe = Recipe(epochs=1, batch_size=100, shift=0, label_smoothing=0, class_weights="balanced", precision="float32")
    logits = model.predict(images.astype("float32"), verbose=0)
    (row,) = fit(model, few, tmp_path / "run", recipe).history
    losses = -scipy.special.log_softmax(logits, axis=1)[np.arange(100), labels]
    # On average over the images of each class, and over the classes.
    assert row["loss"] == pytest.approx(np.mean([losses[labels == label].mean() for label in (0, 1, 3)]), rel=1e-4)


def test_mixed_precision_saves_float32_and_logits_train_as_well(tmp_path, dataset, make_model):
    recipe = Recipe(epochs=2, batch_size=32, learning_rate=5e-3, precision="mixed_bfloat16")
    result = fit(make_model(activation=None), dataset, tmp_path / "run", recipe)
    saved = load_model(result.model_path)
    assert {layer.dtype_policy.name for layer in saved.layers} == {"float32"}
    assert result.history[-1]["loss"] < result.history[0]["loss"]


RUN_IN_A_PROCESS = """
import sys
from edgezoo.common.quiet import import_tensorflow
tf = import_tensorflow()
if sys.argv[4] != "1":
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * int(sys.argv[4]))
from edgezoo.datasets import load_dataset
from edgezoo.train import Recipe, Teacher, fit
from edgezoo.zoo import GlobalPoolCNN, load_model
model, data, run_dir, _, recipe, *teachers = sys.argv[1:]
options = {"teachers": [Teacher.load(path) for path in teachers], "resume": True}
result = fit(load_model(model), load_dataset(data), run_dir, Recipe.load(recipe), **options)
sys.exit(3 if result.interrupted else 0)
"""


@pytest.fixture
def start(tmp_path, data_file):
    """A function that starts a training in a process of its own; ``teachers`` are paths."""

    def start(run_dir, model, devices=1, teachers=(), **recipe):
        model_file, recipe_file = (run_dir.with_name(f"{run_dir.name}.{kind}") for kind in ("keras", "yaml"))
        model.save(model_file)
        recipe_file.write_text(json.dumps({"precision": "float32", **recipe}))
        files = (model_file, data_file, run_dir, devices, recipe_file, *teachers)
        return Forked([sys.executable, "-c", RUN_IN_A_PROCESS, *map(str, files)], stderr=subprocess.PIPE, text=True)

    return start


def assert_whole(run_dir):
    """Every file under its final name can be read to its end."""
    if (run_dir / "run.json").exists():
        json.loads((run_dir / "run.json").read_text())
    if (run_dir / "checkpoint.npz").exists():
        loop.Checkpoint.load(run_dir / "checkpoint.npz")
    if (run_dir / "history.csv").exists():
        assert all(None not in row.values() for row in read_csv(run_dir / "history.csv"))
    if (run_dir / "model.keras").exists():
        load_model(run_dir / "model.keras")


@pytest.mark.parametrize("kills", [1, pytest.param(10, marks=pytest.mark.slow)])
def test_a_killed_run_goes_on_to_the_same_bits(tmp_path, start, make_model, kills):
    recipe = {"epochs": 12 * kills, "batch_size": 32, "shift": 0.1, "mixup": 0.2, "ema": 0.9}
    rng = np.random.default_rng(kills)
    killed = 0
    while killed < kills:
        process = start(tmp_path / "broken", make_model(), **recipe)
        next(line for line in process.stderr if line.startswith("epoch "))
        time.sleep(rng.uniform(0, 0.8))
        process.send_signal(signal.SIGKILL)
        process.stderr.read()
        killed += process.wait() == -signal.SIGKILL
        assert_whole(tmp_path / "broken")
    processes = [start(tmp_path / name, make_model(), **recipe) for name in ("broken", "unbroken")]
    for process in processes:
        _, errors = process.communicate()
        assert process.returncode == 0, errors
    assert_same_run(tmp_path / "broken", tmp_path / "unbroken")
    assert not list((tmp_path / "broken").glob(".tmp-*"))


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_real_request_to_end_ends_in_order(end, tmp_path, start, make_model):
    process = start(tmp_path / "run", make_model(), epochs=5000, batch_size=32)
    next(line for line in process.stderr if line.startswith("epoch "))
    process.send_signal(end)
    errors = process.stderr.read()
    assert process.wait() == 3, errors
    assert "Traceback" not in errors
    assert json.loads((tmp_path / "run/run.json").read_text())["status"] == "interrupted"
    assert_whole(tmp_path / "run")


@pytest.mark.parametrize("taught", [False, True])
def test_two_devices_train_together_as_one(tmp_path, start, make_model, taught):
    """Where no layer looks at its share of the batch, gradients over two devices are the same sums in another order."""
    inputs = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(8, 3, strides=2, activation="relu")(keras.layers.Rescaling(1 / 255)(inputs))
    model = keras.Model(inputs, keras.layers.Dense(4)(keras.layers.Flatten()(x)))
    recipe = {"epochs": 3, "batch_size": 32, "optimizer": "sgd", "learning_rate": 0.02, "ema": 0.5, "mixup": 0.2}
    make_model().save(tmp_path / "teacher.keras")
    teachers = [tmp_path / "teacher.keras"] if taught else []
    processes = [start(tmp_path / f"run{devices}", model, devices, teachers, **recipe) for devices in (1, 2)]
    for devices, process in enumerate(processes, start=1):
        _, errors = process.communicate()
        assert process.returncode == 0, errors
        assert json.loads((tmp_path / f"run{devices}/run.json").read_text())["devices"] == devices
    one, two = (loop.Checkpoint.load(tmp_path / f"run{devices}/checkpoint.npz") for devices in (1, 2))
    for a, b, before in zip(one.best_weights, two.best_weights, model.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
        assert np.abs(a - before).max() > 1e-3


@pytest.mark.slow
def test_two_devices_resume_to_the_same_bits(tmp_path, start, make_model):
    """With batch normalization and dropout, whose state each device has a copy of."""
    recipe = {"epochs": 4, "batch_size": 30, "shift": 0.1, "ema": 0.9}
    process = start(tmp_path / "broken", make_model(), 2, **recipe)
    next(line for line in process.stderr if line.startswith("epoch 2"))
    process.kill()
    process.communicate()
    for name in ("broken", "unbroken"):
        _, errors = (process := start(tmp_path / name, make_model(), 2, **recipe)).communicate()
        assert process.returncode == 0, errors
    assert_same_run(tmp_path / "broken", tmp_path / "unbroken")


@pytest.mark.parametrize("candidate", [None, "mixed_bfloat16"])
def test_a_picture_that_vanishes_is_named(tmp_path, monkeypatch, candidate):
    """Whether the trial of precisions meets it first, or the training."""
    monkeypatch.setattr(precision, "hardware_candidate", lambda: (candidate, "as the test says"))
    for index in range(60):
        folder = tmp_path / "pictures" / "ab"[index % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8), 4 * index).save(folder / f"{index}.png")
    dataset = load_dataset(tmp_path / "pictures")
    inputs = keras.Input((8, 8, 1))
    model = keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(keras.layers.Flatten()(inputs)))
    for path in (tmp_path / "pictures" / "a").iterdir():
        path.unlink()
    with pytest.raises(EdgezooError, match=r"training failed: .*\.png can no longer be read"):
        fit(model, dataset, tmp_path / "run", Recipe(epochs=1, batch_size=8))
