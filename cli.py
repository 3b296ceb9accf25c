"""The ``edgezoo`` command: the group of the commands, and what the library's errors look like at a shell.

Imports at the top stay cheap, here and in the commands' files (click and the standard library): ``edgezoo --help`` and
shell completion must answer at once. Everything else is imported inside the command that needs it.
"""

import contextlib
import logging
import os
import sys
import warnings

import click

from . import __version__
from .commands import Commands
from .common.errors import EdgezooError, Interrupted, is_lack_of_memory
from .common.interrupt import EXIT_STATUS, terminating_as_ctrl_c
from .common.text import harmless, one_line


class _Stopped(click.ClickException):
    """What was stopped on request: no error, but not done either."""

    exit_code = EXIT_STATUS

    def show(self, file=None):
        click.echo(f"Interrupted: {self.format_message()}", err=True)


class Program(click.Group):
    """Turns the library's errors into ``Error: …`` and exit 1, what interrupts it into exit 130.

    Keeps the commands in the order of the work.
    """

    def list_commands(self, ctx):
        return list(self.commands)

    def invoke(self, ctx):
        # Native start-up chatter and Keras' own bars have no place between a user and their table.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        os.environ.setdefault("KERAS_BACKEND", "tensorflow")
        # A terminal that cannot show × or ü shows a question mark.
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(errors="replace")
        # Warnings of libraries name lines of theirs; what a user shall know, a note says. -W shows them all the same.
        if not sys.warnoptions:
            warnings.simplefilter("ignore")
        logging.getLogger("tensorflow").setLevel(logging.ERROR)
        try:
            with terminating_as_ctrl_c():
                return super().invoke(ctx)
        except Interrupted as stop:
            raise _Stopped(_shown(stop)) from stop
        except EdgezooError as error:
            raise click.ClickException(_shown(error)) from error
        except OSError as error:  # a folder that cannot be written to, a full disk
            path = error.filename2 or error.filename
            where = f"{path}: " if path else ""
            raise click.ClickException(_shown(f"{where}{error.strerror or error}.")) from error
        except Exception as error:
            if not is_lack_of_memory(error):
                raise
            raise click.ClickException("there is not enough memory; take smaller images or a smaller model.") from error
        except KeyboardInterrupt:
            # Files are in order by now. The interpreter's own end could wait for ever for threads of TensorFlow's that
            # were interrupted while they ran Python.
            with contextlib.suppress(OSError):
                click.echo("\nInterrupted.", err=True)
                sys.stdout.flush()
            os._exit(EXIT_STATUS)


def _shown(error):
    return harmless(one_line(error))


@click.group(cls=Program, commands=Commands(), context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="edgezoo")
def main():
    """Build, train, quantize, export and measure CNNs for edge hardware.

    \b
    Start here:   edgezoo quickstart -o demo
    Completion:   eval "$(_EDGEZOO_COMPLETE=bash_source edgezoo)"    (zsh_source, fish_source)
    """
