"""What a column of a comparison is."""

import dataclasses
from collections.abc import Callable, Mapping

#: The tables, by the names that columns call them, and what they are called in the documentation.
VIEWS = {
    "accuracy": "`evaluate`",
    "latency": "`benchmark`",
    "comparison": "`compare`",
    "deployment": "`deploy`",
    "report": "report",
    "files": "the report's list of files",
    "readme": "README",
    "pairs": "`evaluate`, on pairs",
    "report_pairs": "report, on pairs",
    "targets": "`compare` and report, of targets",
}


@dataclasses.dataclass(frozen=True)
class Measured:
    """What a row is made from.

    Attributes:
        document: the whole document.
        result: an item of its ``results`` (in the tables of pairs: of its ``pairs``).
        timed: latency and memory of that file with one thread count, ``{}`` where there are none.
    """

    document: dict
    result: dict
    timed: dict

    def short(self, file):
        """A file's name without its folder, where that leaves the document's files distinct."""
        files = [result["file"] for result in self.document["results"]]
        return dict(zip(files, short_names(files), strict=True)).get(file, file)


def measured_rows(document, once=False):
    """Yields the rows of a document as ``Measured``: of each file one a thread count, or only one."""
    for result in document["results"]:
        # In a document of ``benchmark`` each result is a file with one thread count.
        timings = [result] if result.get("benchmarks") is None else result["benchmarks"]
        for timed in (timings[:1] or [{}]) if once else timings:
            yield Measured(document, result, timed)


@dataclasses.dataclass(frozen=True)
class Column:
    """One measure.

    Attributes:
        name: as in ``results.csv``.
        heading: above it in tables; ``"\\n"`` where a narrow table breaks the line.
        value: function from a ``Measured`` to a number, a text, or ``None`` where nothing was measured.
        meaning: what it is, for the documentation.
        views: the tables that show it, names from ``VIEWS``; ``()`` says that it is for ``results.csv`` alone.
        text: function from a value that is not ``None`` to a cell's text.
        right: whether cells are aligned to the right.
        place: tables have smaller numbers further left, and equal ones in the order of ``COLUMNS``.
        variants: view → what is different there, ``{attribute: value}``.
        is_optional: whether a table leaves it out where no row has a value.
    """

    name: str
    heading: str
    value: Callable
    meaning: str = ""
    views: tuple[str, ...] | None = None
    text: Callable = str
    right: bool = True
    place: int = 0
    variants: Mapping[str, dict] = dataclasses.field(default_factory=dict)
    is_optional: bool = False

    def within(self, view):
        """The column as a view shows it."""
        return dataclasses.replace(self, **self.variants.get(view, {}))


def on_several_devices(document):
    """Whether a document has results of other devices than this machine."""
    return document.get("devices") is not None


def names_of(document):
    """What each result of a document is called: its file's short name, and its device where there are several."""
    results = document["results"]
    names = short_names([result["file"] for result in results])
    if not on_several_devices(document):
        return names
    return [f"{name} on {result['device']}" for name, result in zip(names, results, strict=True)]


def short_names(files):
    """The file names, without folders where that leaves them distinct."""
    names = [file.rpartition("/")[2] for file in files]
    return [
        name if len({f for f, n in zip(files, names, strict=True) if n == name}) == 1 else file
        for file, name in zip(files, names, strict=True)
    ]
