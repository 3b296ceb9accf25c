"""A phone's CPU."""

from . import xnnpack
from .phone_metadata import describe
from .target import Setting, Target, Tool


def check(path, rgb=False):
    """As ``xnnpack.check``: a front that makes gray of colours is part of the file."""
    return xnnpack.check(path)


def _yes_or_no(value):
    if not isinstance(value, bool):
        raise ValueError("yes or no")
    return value


_GUIDE = """
To try it on a phone with `adb`, LiteRT's `benchmark_model` and the model go into a folder that may run programs:

    adb push {{ file }} /data/local/tmp/
    adb shell /data/local/tmp/benchmark_model --graph=/data/local/tmp/{{ file }} --use_xnnpack=true

In an app (Gradle: `com.google.ai.edge.litert:litert`), with {{ file }} among the assets:

    val model = CompiledModel.create(context.assets, "{{ file }}", CompiledModel.Options(Accelerator.CPU))
    val inputs = model.createInputBuffers(); val outputs = model.createOutputBuffers()
    model.run(inputs, outputs)

MediaPipe Tasks' `ImageClassifier` loads it as it is: what the input takes and the names of the classes are inside. It
gives colours only: a network of gray pictures is exported for it with `--set rgb=yes`.

float16 is the way out where int8 loses too much: `edgezoo export --target phone --quantize float16`.
Nothing was run on a phone here.
"""

TARGET = Target(
    "phone",
    runtime="LiteRT, XNNPACK on the CPU",
    schemes=("float32", "float16", "dynamic", "int8"),
    tool=Tool(
        "ai-edge-litert",
        "pip install ai-edge-litert",
        is_package=True,
        use="evaluate, benchmark and explain run files with it on this machine, not on the device",
    ),
    check=check,
    finish=describe,
    settings={"rgb": Setting("yes: a network of gray pictures takes colour, as MediaPipe Tasks gives it", _yes_or_no)},
    by_tool="XNNPACK's partition on this machine; Arm's kernels are not tried",
    by_rules="nothing, without LiteRT",
    guide=_GUIDE,
)
