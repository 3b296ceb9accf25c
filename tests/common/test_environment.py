import importlib
import shlex
import sys

from edgezoo.common.environment import command, environment, version


def test_versions_are_those_of_the_packages_themselves():
    recorded = environment()["packages"]
    for package in ("numpy", "keras", "tensorflow"):
        assert recorded[package] == importlib.import_module(package).__version__
    assert version("no-such-package") is None


def test_the_command_can_be_given_again(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/usr/bin/edgezoo", "datasets", "my photos; rm -rf"])
    assert shlex.split(command()) == ["edgezoo", "datasets", "my photos; rm -rf"]
