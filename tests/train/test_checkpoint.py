import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgezoo.common.errors import EdgezooError
from edgezoo.train import Recipe
from edgezoo.train.checkpoint import Checkpoint


def row(epoch, accuracy, loss=1.0):
    return {"epoch": epoch, "val_accuracy": accuracy, "val_loss": loss}


def some(history=()):
    rng = np.random.default_rng(0)
    variables = [rng.normal(size=(3, 2)).astype("float32"), np.array(7, "int64"), np.array([2**40, 1], "int64")]
    return Checkpoint(variables * 5, [rng.normal(size=4).astype("float32")], list(history))


def test_what_is_loaded_is_what_was_saved_to_the_bit(tmp_path):
    saved = some([row(1, 0.1 + 0.2), row(2, 1 / 3)])
    saved.save(tmp_path / "checkpoint.npz")
    loaded = Checkpoint.load(tmp_path / "checkpoint.npz")
    assert loaded.history == saved.history
    for kind in ("variables", "best_weights"):
        for a, b in zip(getattr(saved, kind), getattr(loaded, kind), strict=True):
            assert a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.5, 0.75]), st.sampled_from([1.0, 2.0])), min_size=1))
def test_best_weights_are_those_of_the_best_row(results):
    checkpoint = Checkpoint([], [], [])
    assert checkpoint.best is None
    for epoch, (accuracy, loss) in enumerate(results, start=1):
        checkpoint = checkpoint.after(row(epoch, accuracy, loss), [epoch], [epoch])
    # The first of the most accurate, of those the one of lowest loss.
    expected = sorted(range(len(results)), key=lambda i: (-results[i][0], results[i][1], i))[0] + 1
    assert checkpoint.best["epoch"] == checkpoint.best_weights[0] == expected
    assert checkpoint.variables == [len(results)]


@pytest.mark.parametrize(
    ("accuracies", "patience", "gives_up", "is_done"),
    [
        ([0.5, 0.6, 0.6], 2, False, False),
        ([0.5, 0.6, 0.6, 0.4], 2, True, True),
        ([0.5, 0.6, 0.6, 0.4], 0, False, False),
        ([], 1, False, False),
        ([0.6, 0.5, 0.5, 0.5, 0.5], 4, False, True),  # the last epoch is reached anyway
        ([0.5, 0.6, 0.7, 0.8, 0.9], 4, False, True),
    ],
)
def test_patience_ends_after_epochs_without_a_better_one(accuracies, patience, gives_up, is_done):
    checkpoint = some([row(epoch, accuracy) for epoch, accuracy in enumerate(accuracies, start=1)])
    recipe = Recipe(epochs=5, patience=patience)
    assert (checkpoint.gives_up(recipe), checkpoint.is_done(recipe)) == (gives_up, is_done)


@pytest.mark.parametrize("kept", [0, 10, 300, -1])
def test_a_damaged_file_is_an_error_of_one_line(tmp_path, kept):
    path = tmp_path / "checkpoint.npz"
    some().save(path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(EdgezooError) as caught:
        Checkpoint.load(path)
    assert "checkpoint.npz" in str(caught.value)


def test_objects_are_never_unpickled(tmp_path):
    np.savez(tmp_path / "checkpoint.npz", variable_0=np.array([print], object), history=np.array("[]"))
    with pytest.raises(EdgezooError, match="damaged"):
        Checkpoint.load(tmp_path / "checkpoint.npz")
