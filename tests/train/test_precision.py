import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from edgezoo.train import Recipe, network, precision
from edgezoo.train.stream import training_batches
from edgezoo.zoo.classifier import classifier


def never(policies):
    raise AssertionError("measured without need")


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_what_is_asked_for_is_taken(policy):
    assert precision.choose_precision(policy, never).chosen == policy


def test_hardware_without_a_gain_is_not_measured(monkeypatch):
    monkeypatch.setattr(precision, "_cpu_flags", lambda: ["avx512f"])
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    chosen = precision.choose_precision("auto", never)
    assert chosen == precision.Precision(
        "float32", "CPU without bfloat16 arithmetic: lower precision gains nothing there"
    )


@given(st.floats(1, 1e6), st.floats(0.1, 10))
def test_a_lower_precision_must_be_a_tenth_faster(speed, ratio):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(precision, "hardware_candidate", lambda: ("mixed_bfloat16", "CPU with AMX"))
        speeds = {"float32": speed, "mixed_bfloat16": speed * ratio}
        chosen = precision.choose_precision("auto", lambda policies: {policy: speeds[policy] for policy in policies})
    assert chosen.chosen == ("mixed_bfloat16" if speeds["mixed_bfloat16"] / speed >= 1.1 else "float32")
    assert chosen.images_per_second == speeds
    assert chosen.why.startswith("CPU with AMX; ")


@pytest.mark.parametrize(
    ("capabilities", "flags", "candidate"),
    [
        ([], "fpu amx_bf16", "mixed_bfloat16"),
        ([], "fpu avx512_bf16", "mixed_bfloat16"),
        ([], "fpu avx512f", None),
        ([(9, 0)], "", "mixed_bfloat16"),
        ([(8, 0), (7, 5)], "", "mixed_float16"),
        ([(6, 1)], "amx_bf16", None),
        ([None], "", None),
    ],
)
def test_the_candidate_follows_the_hardware(monkeypatch, capabilities, flags, candidate):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: capabilities if kind == "GPU" else ["CPU"])
    details = lambda capability: {"compute_capability": capability} if capability else {}  # noqa: E731
    monkeypatch.setattr(tf.config.experimental, "get_device_details", details)
    monkeypatch.setattr(precision, "_cpu_flags", flags.split)
    assert precision.hardware_candidate()[0] == candidate


@pytest.mark.parametrize(
    ("capability", "allowed", "told"),
    [((8, 6), True, "float32, multiplied in TF32 ("), ((8, 6), False, "float32 ("), ((7, 5), True, "float32 (")],
)
def test_tf32_is_told_of_and_can_be_turned_off(monkeypatch, capability, allowed, told):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["GPU:0"])
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda gpu: {"compute_capability": capability})
    enabled = tf.config.experimental.tensor_float_32_execution_enabled
    with precision.tensor_float_32(allowed):
        assert enabled() == allowed
        chosen = precision.choose_precision("float32", never)
    assert enabled() and str(chosen).startswith(told)
    assert chosen.tf32 == ("TF32" in told)


def test_the_trial_times_every_candidate(monkeypatch, dataset, make_model):
    monkeypatch.setattr(precision, "_ROUND_SECONDS", 0.01)
    recipe = Recipe(epochs=1, batch_size=16, randaugment=0)
    model = make_model()
    trainers = {
        policy: network.trainer(classifier(model, "net"), policy, recipe, steps=10)
        for policy in ("float32", "mixed_bfloat16")
    }
    before = model.get_weights()
    speeds = precision.measure_speeds(trainers, training_batches(dataset.train, 4, recipe), 16)
    assert speeds.keys() == trainers.keys()
    assert all(speed > 0 for speed in speeds.values())
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))
