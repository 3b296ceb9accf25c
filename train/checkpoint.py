"""All that a run needs to go on, in one file, so that it is always of one epoch."""

import dataclasses
import json
import zipfile

import numpy as np

from ..common.errors import EdgezooError
from ..common.files import existing_file, replacing


def deciding(row):
    """The accuracy of a row of a history that decides which epoch is the best."""
    return row.get("val_balanced_accuracy", row["val_accuracy"])


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """The state at the end of an epoch.

    Attributes:
        variables: arrays of the model in training and its optimizer, averaged weights, step count and the states of
            random generators included.
        best_weights: arrays of the best epoch's model, as ``keras.Model.get_weights`` gives them.
        history: one dict an epoch; see ``fit``.
    """

    variables: list
    best_weights: list
    history: list

    @property
    def best(self):
        """The row of the best epoch: highest validation accuracy, of equals the lowest loss; ``None`` before any.

        Where rows have one, it is the balanced accuracy: that is what a recipe that balances classes is to better.
        Epochs before the aim of the training is reached (``Training.counts``) do not count.
        """
        counting = [row for row in self.history if row.get("counts", True)]
        return max(counting, key=lambda row: (deciding(row), -row["val_loss"]), default=None)

    def gives_up(self, recipe):
        """Whether the recipe's patience is at an end before its last epoch."""
        if not (recipe.patience and self.best) or len(self.history) == recipe.epochs:
            return False
        return len(self.history) - self.best["epoch"] >= recipe.patience

    def is_done(self, recipe):
        """Whether a training by the recipe has nothing left to do."""
        return len(self.history) == recipe.epochs or self.gives_up(recipe)

    def after(self, row, variables, weights):
        """The checkpoint one epoch on: its row of the history, its state, and its model's weights."""
        advanced = Checkpoint(variables, self.best_weights, [*self.history, row])
        return dataclasses.replace(advanced, best_weights=weights) if advanced.best is row else advanced

    def save(self, path):
        """Writes an ``.npz`` in one step."""
        arrays = {"history": np.array(json.dumps(self.history))}
        arrays |= {f"variable_{i}": array for i, array in enumerate(self.variables)}
        arrays |= {f"best_{i}": array for i, array in enumerate(self.best_weights)}
        with replacing(path) as temporary:
            np.savez(temporary, **arrays)

    @classmethod
    def load(cls, path):
        """Reads what ``save`` wrote; an ``EdgezooError`` if it is damaged."""
        path = existing_file(path)
        try:
            with np.load(path, allow_pickle=False) as file:
                count = {kind: sum(key.startswith(kind) for key in file) for kind in ("variable_", "best_")}
                variables, best = ([file[f"{kind}{i}"] for i in range(n)] for kind, n in count.items())
                return cls(variables, best, json.loads(str(file["history"])))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise EdgezooError(f"{path} is damaged; train into another folder. ({error})") from error
