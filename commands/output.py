"""What commands print: a JSON document for programs, tables and lines for people."""

import contextlib
import functools
import json
import sys

import click


def json_or_table(function):
    """Gives a command ``--json``, and prints either its document or what it has for people.

    Args:
        function: the command's, a generator function. Up to its one ``yield`` it works; what it yields is the JSON-able
            document; behind the ``yield`` it prints for people, which is skipped with ``--json``. If the document says
            that the work was ``interrupted``, the command exits with 130 once all is printed. A key ``failure``, which
            is not printed, is the sentence that the command ends with, as an error.

    Returns:
        The function for ``click.command``.
    """

    from ..common.errors import EdgezooError
    from ..common.files import naming_full_disk
    from ..common.interrupt import EXIT_STATUS

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout and nothing else.")
    @functools.wraps(function)
    def run(as_json, **arguments):
        steps = function(**arguments)
        # Whatever a library prints while the work runs goes to stderr: stdout holds the document alone.
        with contextlib.redirect_stdout(sys.stderr):
            document = next(steps)
        failure = document.pop("failure", None)
        with naming_full_disk("the standard output"):
            if as_json:
                plain(json.dumps(document, indent=2, ensure_ascii=False))
            else:
                next(steps, None)
                sys.stdout.flush()
        if document.get("interrupted"):
            raise click.exceptions.Exit(EXIT_STATUS)
        if failure:
            raise EdgezooError(failure)

    return run


def plain(text):
    """Prints a text as it is, however narrow a terminal is: a path, a document."""
    from ..common.text import harmless

    click.echo(harmless(text))


def line(text):
    """Prints a line, broken at words where a terminal is narrower; plain text, never markup."""
    from rich.text import Text

    from ..common.text import harmless

    _console().print(Text(harmless(text)))


def table(title, headings, rows):
    """Prints a table.

    Args:
        title: above it, or ``None``.
        headings: of the columns; one that starts with ``>`` is aligned to the right.
        rows: of cells, whose ``str`` is plain text, never markup; ``None`` is an empty cell.
    """
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from ..common.text import harmless

    grid = Table(title=title and Text(harmless(title)), box=SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for heading in headings:
        grid.add_column(
            Text(harmless(heading.lstrip(">"))), justify="right" if heading.startswith(">") else "left", overflow="fold"
        )
    for row in rows:
        # A layer's name may have lines, which would look like others of the table, or like an error.
        grid.add_row(*("" if cell is None else Text(harmless(str(cell)).replace("\n", "\\n")) for cell in row))
    _console().print(grid)


def _console():
    from rich.console import Console

    # A pipe has no width: nothing is cut off for whoever reads it.
    return Console(highlight=False, width=None if sys.stdout.isatty() else 1000)
