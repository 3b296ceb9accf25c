"""Progress for people, on stderr. Silent where nobody watches (no terminal), so logs and pipes stay clean."""

import functools

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@functools.cache
def stderr():
    """The one console for progress and notes."""
    return Console(stderr=True, highlight=False)


def note(text):
    """One line of information for the user, on stderr."""
    stderr().print(text, soft_wrap=True, markup=False)


def bar(*columns):
    """A ``rich`` progress bar with description, bar, count and remaining time; ``columns`` stand before the time."""
    console = stderr()
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        *columns,
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def track(iterable, description, total=None):
    """Yields the items of ``iterable`` and shows how far it got."""
    with bar() as progress:
        yield from progress.track(iterable, total=total, description=description)
