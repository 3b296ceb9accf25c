"""One document on stdout for programs; tables and lines for people."""

import json

import click
import pytest
from click.testing import CliRunner

from edgezoo.commands.output import json_or_table, line, table


@click.command()
@click.option("--fail", is_flag=True)
@json_or_table
def command(fail):
    """Works, and prints."""
    print("a library's chatter")
    if fail:
        raise click.ClickException("no.")
    document = {"größe": "28×28", "rows": [1, None]}
    yield document
    click.echo(f"for people: {document['größe']}")


def test_with_json_the_document_is_all_there_is():
    result = CliRunner().invoke(command, ["--json"])
    assert json.loads(result.stdout) == {"größe": "28×28", "rows": [1, None]}
    assert "größe" in result.stdout, "letters are not escaped"
    assert result.stderr == "a library's chatter\n"


def test_without_it_people_get_their_lines():
    result = CliRunner().invoke(command, [])
    assert result.stdout == "for people: 28×28\n"
    assert result.stderr == "a library's chatter\n"


def test_the_option_and_the_help_come_with_it():
    result = CliRunner().invoke(command, ["--help"])
    assert "Works, and prints." in result.stdout
    assert "Print one JSON document on stdout and nothing else." in result.stdout


@pytest.mark.parametrize("arguments", [["--fail"], ["--fail", "--json"]])
def test_an_error_leaves_stdout_empty(arguments):
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 1
    assert result.stdout == "" and result.stderr.endswith("Error: no.\n")


def test_a_table_aligns_as_its_headings_say(capsys):
    table("Title", ["name", ">bytes"], [("a", 5), ("long name", None), ("b", "1,000")])
    title, heading, _, first, second, third = (
        text.rstrip() for text in capsys.readouterr().out.splitlines() if text.strip()
    )
    assert title == "Title"
    assert heading.split() == ["name", "bytes"]
    assert first.endswith("    5") and third.endswith("1,000") and second.strip() == "long name"


def test_cells_and_lines_are_plain_text(capsys):
    table(None, ["file"], [("[bold]x[/bold] :smile:",)])
    line("[red]y[/red] :smile:")
    printed = capsys.readouterr().out
    assert "[bold]x[/bold] :smile:" in printed and "[red]y[/red] :smile:" in printed


def test_nothing_is_cut_off_in_a_pipe(capsys):
    table(None, ["file", "note"], [("f" * 300, "n" * 300)])
    line("word " * 150)
    printed = capsys.readouterr().out.splitlines()
    assert any("f" * 300 in text and "n" * 300 in text for text in printed)
    assert any(text.count("word") == 150 for text in printed)
