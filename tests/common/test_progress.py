"""What people see of the work while it goes on, in a terminal of 60 columns."""

import io

import pytest
from rich.console import Console
from rich.progress import TextColumn

from edgezoo.common import progress


@pytest.fixture
def terminal(monkeypatch):
    """A function from the width to the console of a terminal that is as wide."""

    def terminal(width):
        console = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=width)
        monkeypatch.setattr(progress, "stderr", lambda: console)
        return console

    return terminal


def shown(console, bar):
    """The lines that a bar takes."""
    with console.capture() as capture:
        console.print(bar.get_renderable())
    return capture.get().splitlines()


@pytest.mark.parametrize(
    ("columns", "task", "numbers"),
    [
        ((), {"description": "mobilenet_v3_small_minimalistic_adapted_int8.tflite"}, ["9876/10000"]),
        (
            (TextColumn("{task.fields[now]}"),),
            {"description": "epoch 120/200", "now": "loss 0.432 acc 0.851"},
            ["epoch 120/200", " 9876/10000", "loss 0.432 acc 0.851", "-:--:--"],
        ),
    ],
    ids=["a long name", "training"],
)
def test_a_bar_fits_sixty_columns_with_all_its_numbers(terminal, columns, task, numbers):
    console = terminal(60)
    bar = progress.bar(*columns)
    bar.add_task(total=10_000, completed=9876, **task)
    (line,) = shown(console, bar)
    assert len(line.rstrip()) <= 60
    assert [number for number in numbers if number not in line] == []
    assert "━" in line or "╸" in line, "there is no bar"


def test_a_wide_terminal_shows_the_whole_name(terminal):
    console = terminal(160)
    bar = progress.bar()
    bar.add_task("mobilenet_v3_small_minimalistic_adapted_int8.tflite", total=10)
    (line,) = shown(console, bar)
    assert "mobilenet_v3_small_minimalistic_adapted_int8.tflite" in line and " 0/10" in line


def test_a_note_stays_one_line_whatever_is_in_it(terminal):
    console = terminal(60)
    progress.note("a\nError: b\x1b[2J was read.")
    assert console.file.getvalue() == "a\\nError: b\\u001b[2J was read.\n"
