"""Refuses models whose kernels were compressed before."""

from ..common.errors import EdgezooError
from ..inspection.kernels import kernels_of

#: A kernel with this share of zeros was pruned; chance gives none.
_PRUNED = 0.2
#: A kernel of so many weights and no more values was clustered.
_CLUSTERED = (1000, 256)


def require_uncompressed(model, name):
    """Refuses a model that was pruned or clustered: another training would undo that.

    Args:
        model: ``keras.Model``.
        name: of its file.
    """
    for row in kernels_of(model):
        done = None
        if row["zeros"] >= _PRUNED:
            done = f"is pruned already ({row['zeros']:.0%} of its {row['kernel']} is zero)"
        elif row["weights"] >= _CLUSTERED[0] and row["values"] <= _CLUSTERED[1]:
            done = f"is clustered already ({row['values']} different values)"
        if done:
            raise EdgezooError(
                f"{name}: its layer {row['layer']!r} {done}, which more training would undo; compress the model that "
                "it was made from, by one method for all, such as prune+qat."
            )
