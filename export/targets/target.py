"""What a target is: a device, or a row of devices that take the same files."""

import dataclasses
import shutil
from collections.abc import Callable

from ...common.environment import version


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
class Target:
    """One target.

    The last four attributes, three of them functions, are what a target may have; ``None`` is what it cannot do here.

    Attributes:
        name: as on the command line.
        runtime: what runs the file there.
        schemes: names of number formats that it runs well.
        tool: ``Tool``.
        io: type that input and output of an int8 file must have; ``None`` where any will do.
        per_channel_dense: whether it runs dense layers whose weights have a scale per channel; where not, int8 files
            for it have one per layer.
        has_accelerator: whether there is something that is faster than its CPU, and that operators can miss.
        check: from the path of a ``.tflite`` file to a ``checking.Check``: where every operator runs, with reasons.
        compile: from the path of a ``.tflite`` file and a folder to the path of what the target's compiler makes of it.
        package: from the path of a ``.tflite`` file and a folder to ``{"files": [paths], "figures": {…}}``, what it is
            built with for the target.
        run: name of the runtime (``edgezoo.runtime.RUNTIMES``) that has the target's own arithmetic on this machine.
    """

    name: str
    runtime: str
    schemes: tuple[str, ...]
    tool: Tool
    io: str | None = None
    per_channel_dense: bool = True
    has_accelerator: bool = True
    check: Callable | None = None
    compile: Callable | None = None
    package: Callable | None = None
    run: str | None = None

    def accepts(self, scheme, io):
        """Whether it runs a file in this number format whose input and output have the type ``io``."""
        return scheme in self.schemes and (scheme != "int8" or self.io in (None, io))

    @property
    def takes(self):
        """What it accepts, in words."""
        return ", ".join(self.schemes) + (f", {self.io} in and out" if self.io else "")
