"""``python -m edgezoo``: the program where its folder is not on the PATH."""

from .cli import main

main()
