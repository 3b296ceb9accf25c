"""Makes a Python of 64-bit Arm that runs on this machine: a Raspberry Pi as far as one can be had without one.

Its C library, Python and what they need come from Debian by apt, signatures checked, and this machine's own packages
stay as they are; LiteRT, NumPy and Pillow are those that pip installs on a Pi. ``qemu-aarch64-static`` emulates the
processor, by default the Cortex-A76 of a Raspberry Pi 5 (``QEMU_CPU=cortex-a72`` is that of a Pi 4). Answers are those
of Arm's kernels, times mean nothing.

    edgezoo evaluate MODEL.tflite --data … --device "local?python=$(python benchmarks/arm64.py FOLDER)"
"""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
from script import run

from edgezoo.common.errors import EdgezooError
from edgezoo.common.files import output_folder, write_text
from edgezoo.common.progress import note

#: Debian's packages; apt adds what they need.
SYSTEM = ("python3-minimal", "libpython3-stdlib", "libstdc++6")
#: The newest LiteRT that runs in Debian 12's emulator; later ones crash there.
PACKAGES = ("ai-edge-litert==2.1.6", "numpy", "pillow")
#: Wheels that run with the C library of Debian 12, newest first.
PLATFORMS = (*(f"manylinux_2_{minor}_aarch64" for minor in range(36, 16, -1)), "manylinux2014_aarch64")
EMULATOR = "qemu-aarch64-static"


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def main(folder):
    """Makes it in FOLDER, about 200 MB, goes on where it was interrupted, and prints the path of the Python."""
    folder = output_folder(folder, "the Python of Arm").resolve()
    for program, package in ((EMULATOR, "qemu-user-static"), ("apt-get", "apt"), ("dpkg-deb", "dpkg")):
        if not shutil.which(program):
            raise EdgezooError(f"{program} is not here; on Debian: apt-get install {package}")
    folder.mkdir(parents=True, exist_ok=True)
    python = folder / "bin" / "python"
    system = whole(folder / "system", unpack_system)
    interpreter = (system / "usr" / "bin" / "python3").resolve()
    version = interpreter.name.removeprefix("python")
    whole(folder / "lib" / interpreter.name / "site-packages", lambda part: install(part, version))
    # The layout of a virtual environment: Python finds its packages beside the program that it was started by.
    write_text(folder / "pyvenv.cfg", f"home = {interpreter.parent}\n")
    python.parent.mkdir(exist_ok=True)
    write_text(python, launcher(system, interpreter, python))
    python.chmod(0o755)
    called([python, "-c", "import numpy, ai_edge_litert.interpreter"], "the Python of Arm does not run")
    print(python)


def whole(path, make):
    """A folder that is there as a whole or not at all; ``make`` fills it."""
    if not path.exists():
        part = path.with_name(f"{path.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        make(part)
        part.rename(path)
    return path


def unpack_system(folder):
    """Debian's packages for arm64, with all that they need, by an apt that knows nothing of this machine's packages."""
    note("Debian's packages for arm64…")
    work = folder.with_name("apt")
    for part in ("state/lists/partial", "cache/archives/partial"):
        (work / part).mkdir(parents=True, exist_ok=True)
    (work / "status").touch()
    own = {
        "Dir::State": work / "state",
        "Dir::State::status": work / "status",
        "Dir::Cache": work / "cache",
        "APT::Architecture": "arm64",
        "APT::Architectures::": "arm64",
        "APT::Sandbox::User": "root",  # another user may not write here
        "Debug::NoLocking": "true",
        "Acquire::Languages": "none",
    }
    apt = ["apt-get", "-q", "-y", *(f"-o{name}={value}" for name, value in own.items())]
    # Sources of others may have nothing for arm64; what is missing in the end is told by the next step.
    subprocess.run([*apt, "update"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    called(
        [*apt, "--no-install-recommends", "--download-only", "install", *SYSTEM],
        "apt cannot get Debian's packages; are its servers reached",
    )
    for archive in sorted(work.glob("cache/archives/*.deb")):
        called(["dpkg-deb", "--extract", archive, folder], f"{archive.name} cannot be unpacked")
    shutil.rmtree(work)
    shutil.rmtree(folder / "usr" / "share")


def install(folder, version):
    """What runs files there."""
    note("LiteRT, NumPy and Pillow for arm64…")
    platforms = [word for platform in PLATFORMS for word in ("--platform", platform)]
    options = ["--quiet", "--disable-pip-version-check", "--no-warn-conflicts", "--only-binary", ":all:", *platforms]
    command = [sys.executable, "-m", "pip", "install", *options, "--python-version", version, "--target", folder]
    called([*command, *PACKAGES], "pip cannot get LiteRT for arm64")


def launcher(system, interpreter, python):
    """A script that is Python as far as its callers can tell, ``sys.executable`` included."""
    words = [EMULATOR, "-L", str(system), "-0", str(python), str(interpreter)]
    # The emulator's own choice has every extension of Arm's, and in that for matrices (SME) int8 answers are wrong.
    return f'#!/bin/sh\nQEMU_CPU="${{QEMU_CPU:-cortex-a76}}" exec {shlex.join(words)} "$@"\n'


def called(command, failure):
    """Runs a program whose last words say why it failed."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    if done.returncode:
        lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        told = next((line for line in lines if line.startswith(("E:", "ERROR:"))), (lines or ["no word"])[-1])
        raise EdgezooError(f"{failure}: {' '.join(told.split())}")


if __name__ == "__main__":
    run(main)
