"""The devices that files are for, and which of their tools are installed here.

Compiling for a target and checking a file against it is not part of this version; what it takes is told by
``edgezoo targets`` so that the right scheme can be exported.
"""

import dataclasses
import shutil

from ...common.environment import version

_ANY = "float32, float16, dynamic, int8"
_INT8 = "int8, uint8 in and out"


@dataclasses.dataclass(frozen=True)
class Target:
    """One device, or a row of devices that take the same files.

    Attributes:
        name: as on the command line.
        runtime: what runs the file there.
        takes: schemes that it runs well.
        package, program: what is looked for here: a Python package or a program on the PATH.
        how: how to get that.
    """

    name: str
    runtime: str
    takes: str
    how: str
    package: str | None = None
    program: str | None = None

    def found(self):
        """Package with version, or path of the program, or ``None``."""
        if self.package:
            installed = version(self.package)
            return f"{self.package} {installed}" if installed else None
        return shutil.which(self.program)


def _vela(name):
    return Target(name, "Ethos-U driver, TFLM", _INT8, "pip install ethos-u-vela", package="ethos-u-vela")


TARGETS = (
    Target("phone", "LiteRT, XNNPACK on the CPU", _ANY, "pip install ai-edge-litert", package="ai-edge-litert"),
    Target("phone-gpu", "LiteRT, GPU delegate", "float32, float16", "Android's adb on the PATH", program="adb"),
    Target("coral", "LiteRT, Edge TPU delegate", _INT8, "edgetpu_compiler from Coral", program="edgetpu_compiler"),
    *(_vela(f"ethos-u55-{macs}") for macs in (32, 64, 128, 256)),
    *(_vela(f"ethos-u65-{macs}") for macs in (256, 512)),
    *(_vela(f"ethos-u85-{macs}") for macs in (128, 256, 512, 1024, 2048)),
    Target("tflm", "TensorFlow Lite Micro", _INT8, "pip install --pre tflite-micro", package="tflite-micro"),
    Target("browser", "LiteRT.js", "float32, " + _INT8, "Node.js and its npm", program="npm"),
    Target("raspberry-pi", "LiteRT, XNNPACK on the CPU", _ANY, "ssh on the PATH", program="ssh"),
)


def list_targets():
    """All targets as JSON-able dicts: ``name``, ``runtime``, ``takes``, ``needs`` (the tool), ``how``, ``found``."""
    return [
        {
            "name": target.name,
            "runtime": target.runtime,
            "takes": target.takes,
            "needs": target.package or target.program,
            "how": target.how,
            "found": target.found(),
        }
        for target in TARGETS
    ]
