"""A phone's CPU."""

from pathlib import Path

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

`android/` is an app (Kotlin, CameraX, LiteRT 2.1.5 from Maven) for the camera and for pictures. Android Studio opens
it; `gradle wrapper && ./gradlew connectedAndroidTest` holds a phone's answers against `golden/`.

`swift/` is a package for iOS and macOS, with LiteRT's own Swift package of 2.3.0: `swift test` on a Mac does the same.
An app has this folder among its resources, as a folder reference, for `Classifier(bundle:)`.

Both take models, labels and rules from the folder that they lie in. Neither was built here, where there is no Android
SDK and no Xcode, and nothing was run on a phone: Kotlin's compiler has read the one, a parser the other.

MediaPipe Tasks' `ImageClassifier` loads it as it is: what the input takes and the names of the classes are inside. It
gives colours only: a network of gray pictures is exported for it with `--set rgb=yes`. It squashes every picture; the
app and the package here do as the training did.

float16 is the way out where int8 loses too much: `edgezoo export --target phone --quantize float16`.
"""

TARGET = Target(
    "phone",
    runtime="LiteRT, XNNPACK on the CPU",
    schemes=("float32", "float16", "dynamic", "int8", "int8_weights", "int4_weights", "mixed"),
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
    extras=tuple(Path(__file__).with_name("phone_projects") / name for name in ("android", "swift")),
    guide=_GUIDE,
)
