"""A phone's GPU."""

from .target import Target, Tool

_GUIDE = """
In an app (Gradle: `com.google.ai.edge.litert:litert` and `litert-gpu`), with {{ file }} among the assets:

    val model = CompiledModel.create(context.assets, "{{ file }}", CompiledModel.Options(Accelerator.GPU))
    val inputs = model.createInputBuffers(); val outputs = model.createOutputBuffers()
    model.run(inputs, outputs)

Nothing was run on a phone here.
"""

TARGET = Target(
    "phone-gpu",
    runtime="LiteRT, GPU delegate",
    schemes=("float32", "float16"),
    ships="float16",
    tool=Tool("adb", "Android's platform tools, with adb on the PATH"),
    guide=_GUIDE,
)
