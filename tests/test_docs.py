"""What README and docs say is what the program and the results files say."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_generated_sections_are_those_of_the_program_and_the_results():
    result = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "render.py", "--check"], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr


def shown_commands():
    """``(page, command, words behind it)`` of every call of the program in README and docs."""
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for block in re.findall(r"^```(?:console|bash)\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE):
            for line in re.findall(r"^(?:\$ )?edgezoo (.*)$", block, re.MULTILINE):
                command, *words = shlex.split(line, comments=True)
                yield page.name, command, words


def test_the_commands_and_options_that_are_shown_exist():
    from edgezoo.cli import main

    shown = list(shown_commands())
    assert {"README.md", "photographs.md", "tutorial.md"} <= {page for page, _, _ in shown}
    assert {command for _, command, _ in shown} <= set(main.commands)
    for page, command, words in shown:
        known = {option for parameter in main.commands[command].params for option in parameter.opts}
        assert {word for word in words if re.match("--?[a-z]", word)} <= known, (page, command)


def test_the_files_that_the_readme_links_to_exist():
    links = re.findall(r"\]\(([^)#]+)", (ROOT / "README.md").read_text())
    assert not [link for link in links if not link.startswith("https://") and not (ROOT / link).exists()]
