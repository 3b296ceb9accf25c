"""How a script of this folder ends."""

import sys

import click

from edgezoo.common.errors import EdgezooError


def run(command):
    """Runs a click command; what the user can mend is one line and exit 1."""
    try:
        command.main(standalone_mode=False)
    except (EdgezooError, click.ClickException) as error:
        sys.exit(f"Error: {error}")
    except click.Abort:
        sys.exit("Stopped.")
