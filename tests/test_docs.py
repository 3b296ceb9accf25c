"""What README and docs say is what the program and the results files say."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_generated_sections_are_those_of_the_program_and_the_results():
    result = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "render.py", "--check"], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr


def test_the_readme_shows_only_commands_that_exist():
    from edgezoo.cli import main

    shown = [line.split()[2] for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("$ edgezoo ")]
    assert shown
    assert set(shown) <= set(main.commands)
