"""Progress for people, on stderr. Silent where nobody watches (no terminal), so logs and pipes stay clean."""

import functools

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column
from rich.text import Text

from .text import harmless


@functools.cache
def stderr():
    """The one console for progress and notes."""
    return Console(stderr=True, highlight=False)


def note(text):
    """One line of information for the user, on stderr."""
    stderr().print(harmless(text).replace("\n", "\\n"), soft_wrap=True, markup=False)


class _Description(TextColumn):
    """What a task is called, as plain text."""

    def render(self, task):
        return Text(harmless(task.description), style=self.style)


def bar(*columns):
    """A ``rich`` progress bar with description, bar, count and remaining time; ``columns`` stand before the time.

    In a narrow terminal the bar gets shorter and a long description is cut; no number is.
    """
    console = stderr()
    return Progress(
        _Description("", table_column=Column(no_wrap=True, max_width=max(console.width // 3, 14))),
        BarColumn(),  # of a table that is too wide, rich makes the columns narrower that may wrap: this one
        MofNCompleteColumn(table_column=Column(no_wrap=True)),
        *columns,
        TimeRemainingColumn(table_column=Column(no_wrap=True)),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def track(iterable, description, total=None):
    """Yields the items of ``iterable`` and shows how far it got."""
    with bar() as progress:
        yield from progress.track(iterable, total=total, description=description)
