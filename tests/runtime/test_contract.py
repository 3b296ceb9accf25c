"""Every runtime is whole, and says plainly what it does not run."""

import dataclasses
import importlib.util
import re

import pytest

from edgezoo.common.errors import EdgezooError, UnknownName
from edgezoo.runtime import RUNTIMES, Worker, load_runner, runtimes_for

from .contract import missing_of_runtime


@pytest.mark.parametrize("name", RUNTIMES)
def test_a_runtime_is_whole(zoo, name, request):
    if name == "gpu":
        request.getfixturevalue("gpu")
    path = zoo.keras if "keras" in RUNTIMES[name].files else zoo.bars_int8
    assert missing_of_runtime(RUNTIMES[name], path) == []


def test_a_file_is_run_by_those_of_the_named_that_take_it(zoo):
    def names(path, *chosen):
        return [each.name for each in runtimes_for(path, chosen)]

    assert names(zoo.keras) == ["keras"] and names(zoo.bars_int8) == ["litert"]
    assert names(zoo.bars_int8, "tflm", "keras", "litert") == ["tflm", "litert"]
    assert names(zoo.keras, "tflm", "keras") == ["keras"]
    for use in (lambda: names(zoo.keras, "tflm"), lambda: Worker(zoo.keras, runtime="tflm")):
        with pytest.raises(EdgezooError, match=re.escape(f"{zoo.keras} is a .keras file, and the runtime tflm runs")):
            use()
    with pytest.raises(UnknownName, match="unknown runtime 'tfml'; did you mean 'tflm'"):
        load_runner(zoo.bars_int8, runtime="tfml")


def test_what_is_not_installed_is_said_with_the_remedy(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    runtime = dataclasses.replace(RUNTIMES["tflm"], name="other")
    with pytest.raises(EdgezooError, match=r"\Athe runtime other needs tflite-micro; pip install .* brings it\.\Z"):
        runtime.require()
