"""Figures, and the files that they are written to."""

from .errors import EdgezooError
from .files import output_file, replacing

#: Width of a figure in inches.
WIDTH = 9.6
_FORMATS = (".png", ".svg")


def require_format(path):
    """Refuses a file that pictures are not or cannot be written to, before any work is done for it."""
    suffix = "." + str(path).rpartition(".")[2].lower() if "." in str(path) else ""
    if suffix not in _FORMATS:
        raise EdgezooError(f"{path}: pictures are written as {' or '.join(_FORMATS)}; name the output so.")
    output_file(path, "the picture")


def save(figure, path):
    """Writes a figure as PNG or SVG, by its suffix, in one step; the same figure gives the same file."""
    import matplotlib

    require_format(path)
    with replacing(path) as temporary, matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "edgezoo"}):
        metadata = {"Date": None} if temporary.suffix.lower() == ".svg" else {"Software": None}
        figure.savefig(temporary, dpi=150, facecolor="white", metadata=metadata)


def new_figure(height):
    """An empty figure of ``WIDTH`` by ``height`` inches, without pyplot's global state."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure
