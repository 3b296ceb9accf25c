"""What a runtime is: something that runs a kind of model file on this machine."""

import dataclasses
import importlib.util
from collections.abc import Callable

from ..common.environment import version
from ..common.errors import EdgezooError


@dataclasses.dataclass(frozen=True)
class Runtime:
    """One runtime.

    Attributes:
        name: as on the command line.
        description: what it is, for people.
        files: kinds of file that it runs (``inspection.files``).
        module: what must be imported before a runner can be made.
        packages: names of those that the module is of.
        runner: class of its runners; ``runners.py`` says what one has.
        how: how to get the packages, where edgezoo does not bring them along.
        has_threads: whether it takes a number of threads.
    """

    name: str
    description: str
    files: tuple[str, ...]
    module: str
    packages: tuple[str, ...]
    runner: Callable
    how: str | None = None
    has_threads: bool = True

    @property
    def version(self):
        """Its packages with their versions."""
        return ", ".join(f"{package} {version(package)}" for package in self.packages)

    @property
    def is_installed(self):
        """Whether its packages are there; nothing is imported."""
        return importlib.util.find_spec(self.module.partition(".")[0]) is not None

    def require(self):
        """Raises ``EdgezooError``, with the remedy, where its packages are missing."""
        if not self.is_installed:
            raise EdgezooError(f"the runtime {self.name} needs {', '.join(self.packages)}; {self.how} brings it.")
