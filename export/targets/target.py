"""What a target is: a device, or a row of devices that take the same files."""

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

from ...common.environment import version
from ...common.errors import EdgezooError


@dataclasses.dataclass(frozen=True)
class Tool:
    """What compiles or runs files for a target on this machine: a Python package, or a program on the PATH.

    Attributes:
        name: of the package or program.
        how: how to get it.
        is_package: whether it is a Python package.
        use: what this version of edgezoo does with it; ``None`` where it is only looked for.
    """

    name: str
    how: str
    is_package: bool = False
    use: str | None = None

    @property
    def role(self):
        """What this version of edgezoo does with it, in words."""
        return self.use or "only looked for, nothing in this version uses it"

    def found(self):
        """Package with version, or path of the program, or ``None``."""
        if self.is_package:
            installed = version(self.name)
            return f"{self.name} {installed}" if installed else None
        return shutil.which(self.name)


@dataclasses.dataclass(frozen=True)
class Setting:
    """Something that the check and the compiler of a target can be told.

    Attributes:
        help: what it is, and which values it has.
        read: from a value as YAML reads it to the one that ``check`` and ``compile`` take; raises ``ValueError`` with
            what it must be.
    """

    help: str
    read: Callable = str


@dataclasses.dataclass(frozen=True)
class Target:
    """One target.

    ``check``, ``finish``, ``compile``, ``package`` and ``furnish`` are functions that a target may have; ``None`` is
    what it cannot do here. ``check`` and ``compile`` take its ``settings`` by name.

    Attributes:
        name: as on the command line.
        runtime: what runs the file there.
        schemes: names of number formats that it runs well.
        tool: ``Tool``.
        io: type that input and output of an int8 file must have; ``None`` where any will do.
        ships: name of the number format of its bundles; ``None`` is int8 where it runs that, else the first that it
            does.
        per_channel_dense: whether it runs dense layers whose weights have a scale per channel; where not, int8 files
            for it have one per layer.
        signatures: whether it can run any other graph of a file than the first, as files for several sizes have them.
        has_accelerator: whether there is something that is faster than its CPU, and that operators can miss.
        check: from the path of a ``.tflite`` file to a ``checking.Check``: where every operator runs, with reasons.
        by_tool: in words, what ``check`` goes by where the tool is here; ``None`` where that makes no difference.
        by_rules: the same without the tool: nothing of it was tried.
        finish: from the path of a ``.tflite`` file, class names or ``None``, and ``Pixels`` to sentences for the user;
            it writes into the file what readers on the target look for there.
        compile: from the path of a ``.tflite`` file and a folder to ``{"files": [paths], "figures": {…}}`` of what the
            target's compiler makes of it, its model first; ``"check"`` may hold the ``Check`` that comes of it.
        package: from the path of a ``.tflite`` file, compiled if there is a compiler, and a folder to ``{"files":
            [paths], "figures": {…}}``, what it is built with for the target.
        run: name of the runtime (``edgezoo.runtime.RUNTIMES``) that has the target's own arithmetic on this machine.
        settings: name → ``Setting``.
        extras: files and folders that are copied into its bundles.
        furnish: from the folder of a bundle to sentences for the user; it writes there what all of its files share, and
            what is made or fetched only then.
        guide: how the files of a bundle come onto the device and run there, for its ``README.md``: Markdown with
            Jinja2's fields ``bundle_readme.write_readme`` has.
    """

    name: str
    runtime: str
    schemes: tuple[str, ...]
    tool: Tool
    io: str | None = None
    ships: str | None = None
    per_channel_dense: bool = True
    signatures: bool = True
    has_accelerator: bool = True
    check: Callable | None = None
    by_tool: str | None = None
    by_rules: str | None = None
    finish: Callable | None = None
    compile: Callable | None = None
    package: Callable | None = None
    run: str | None = None
    settings: dict[str, Setting] = dataclasses.field(default_factory=dict, hash=False)
    extras: tuple[Path, ...] = ()
    furnish: Callable | None = None
    guide: str = ""

    def accepts(self, scheme, io):
        """Whether it runs a file in this number format whose input and output have the type ``io``."""
        return scheme in self.schemes and (scheme != "int8" or self.io in (None, io))

    def chosen(self, scheme=None, io=None):
        """``(scheme, io)`` of a file for it, with what it ships for ``None``.

        Raises:
            EdgezooError: it does not run what is asked for.
        """
        asked = scheme or self.ships or ("int8" if "int8" in self.schemes else self.schemes[0])
        ends = io or self.io or "uint8"
        if not self.accepts(asked, ends):
            wanted = f"{asked} with {ends}" if asked in self.schemes else asked
            raise EdgezooError(f"it takes {self.takes}; {wanted} was asked for.")
        return asked, ends

    @property
    def takes(self):
        """What it accepts, in words."""
        return ", ".join(self.schemes) + (f" with {self.io} in and out" if self.io else "")
