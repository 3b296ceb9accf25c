"""What holds for every command, and what each of them costs before it does anything."""

import ast
import subprocess
import sys
from pathlib import Path

import click
import pytest

from edgezoo import commands
from edgezoo.cli import main

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "commands"
#: Files of the folder that are no command.
SHARED = {"__init__", "options", "output", "sizing"}
CHEAP = {"click", "contextlib", "functools", "importlib", "itertools", "collections", "json", "os", "sys"}


@pytest.fixture(params=commands.NAMES)
def name(request):
    return request.param


@pytest.fixture
def command(name):
    return main.commands[name]


def top_imports(path):
    """Modules that a file imports when it is itself imported, with a dot for each level of a relative import."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def test_every_file_is_listed_and_every_name_has_its_file():
    files = {path.stem for path in FOLDER.glob("*.py")} - SHARED
    assert files - set(commands.NAMES) == set(), "not in NAMES of commands/__init__.py"
    assert set(commands.NAMES) - files == set(), "in NAMES of commands/__init__.py, but no file"


def test_the_command_is_called_like_its_file(name, command):
    assert isinstance(command, click.Command)
    assert command.name == name


def test_it_takes_json(command):
    options = {text: option for option in command.params for text in option.opts}
    assert "--json" in options, "its function is not decorated with json_or_table"
    assert command.params[-1] is options["--json"]


def test_its_help_says_what_it_does_and_shows_an_example(name, command):
    first, _, rest = command.help.partition("\n\n")
    assert first.endswith("."), "the first line of the docstring is the help of `edgezoo --help`"
    if any("--json" not in parameter.opts for parameter in command.params):
        # A command that takes nothing, such as doctor, is its own example.
        examples = [line for line in rest.splitlines() if line.strip().startswith(f"edgezoo {name}")]
        assert examples, f"no line «edgezoo {name} …» in its docstring"
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help or option.opts == ["--data"], f"{option.opts[-1]} has no help"


def test_it_is_in_the_docs(name):
    headings = [line for line in (ROOT / "docs" / "cli.md").read_text().splitlines() if line.startswith("## ")]
    assert f"## {name}" in headings, "run `python benchmarks/render.py`"


def test_the_docs_have_the_commands_in_the_order_of_the_help():
    headings = [line[3:] for line in (ROOT / "docs" / "cli.md").read_text().splitlines() if line.startswith("## ")]
    assert [heading for heading in headings if heading in commands.NAMES] == list(commands.NAMES)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_it_imports_nothing_heavy_at_the_top(path):
    for module in top_imports(path):
        beside = module.startswith(".") and not module.startswith("..")
        assert beside or module.partition(".")[0] in CHEAP, f"{path.name} imports {module} before it is run"


def modules_after(arguments):
    """Names of the modules that are loaded when the command line has answered."""
    probe = (
        "import contextlib, io, sys\nfrom edgezoo.cli import main\nwith contextlib.redirect_stdout(sys.stderr):\n"
        f"    main({arguments!r}, standalone_mode=False)\nprint(*sys.modules)"
    )
    # Its own streams, since the program changes how they treat letters that they cannot show.
    return set(subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True).stdout.split())


def test_the_group_s_help_imports_no_room():
    modules = modules_after(["--help"])
    assert "edgezoo.commands.list" in modules
    assert not modules & {"tensorflow", "keras", "numpy", "rich", "yaml"}
    rooms = {module.split(".")[1] for module in modules if module.startswith("edgezoo.")}
    assert rooms == {"cli", "commands", "common"}


def test_a_command_imports_no_other():
    modules = modules_after(["targets", "--help"])
    assert "edgezoo.commands.targets" in modules
    assert "edgezoo.commands.list" not in modules


@pytest.mark.parametrize("arguments", [["list"], ["targets"], ["list", "--json"]], ids=" ".join)
def test_tables_of_what_there_is_need_no_tensorflow(arguments):
    modules = modules_after(arguments)
    assert "edgezoo.cli" in modules
    assert not modules & {"tensorflow", "keras"}


def test_the_mapping_of_commands():
    assert list(main.commands) == list(commands.NAMES)
    assert "no-such" not in main.commands and len(main.commands) == len(commands.NAMES)
    assert all(main.commands[name] is command for name, command in main.commands.items())


def test_help_takes_at_most_six_times_as_long_as_an_empty_program():
    from startup import COMMANDS, seconds

    shortest = {
        name: min(seconds(command) for _ in range(7)) for name, command in COMMANDS.items() if "list" not in name
    }
    assert shortest["edgezoo --help"] < 6 * shortest["python -c pass"], shortest
