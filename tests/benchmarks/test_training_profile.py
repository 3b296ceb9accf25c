"""The kinds of a trace's events, and a profile of a small training."""

import training_profile
from training_profile import NORMALIZATION, OPTIMIZER, OTHER, PIPELINE, kind_of

from edgezoo.datasets import load_dataset


def test_events_are_sorted_by_thread_layer_and_operator():
    kinds = {
        ("tf_Compute/1", "net/stage1_conv/convolution:_MklNativeConv2D"): "convolutions and dense layers, forward",
        ("tf_Compute/1", "tape/net/conv/Conv2DBackpropInput:_MklNativeConv2DBackpropInput"): (
            "convolutions, gradient of inputs"
        ),
        ("tf_Compute/1", "net/stage1_norm/FusedBatchNormV3:FusedBatchNormV3"): NORMALIZATION,
        ("tf_Compute/1", "net/stage1_pool/AvgPool:_MklAvgPool"): "pooling",
        ("tf_Compute/1", "conv_muon/MatMul:MatMul"): OPTIMIZER,
        ("tf_data_private_threadpool/2", "random_flip/ReverseV2:ReverseV2"): PIPELINE,
        ("tf_Compute/1", "net/stage1_relu/Relu:Relu"): OTHER,
        # No operators: the executor, functions, stages of the pipeline.
        ("tf_Compute/1", "ExecutorState::Process"): None,
        ("python", "EagerLocalExecute: MakeIterator"): None,
        ("tf_data_iterator_resource/3", "Iterator::Root::Prefetch"): None,
    }
    for (thread, event), kind in kinds.items():
        assert kind_of(thread, event, "conv_muon") == kind, event


def test_a_profile_of_a_training(monkeypatch):
    monkeypatch.setattr(training_profile, "STEPS", 4)
    row = training_profile.profile("strided_xs", "digits", load_dataset("digits"))
    assert abs(sum(row["share"].values()) - 1) < 1e-9
    assert {PIPELINE, OPTIMIZER, "convolutions and dense layers, forward"} <= set(row["share"])
    assert row["flops"] == 6 * row["macs"] * row["batch_size"] / (row["step_ms"] / 1000)


def test_the_peak_is_what_the_machine_can_do():
    assert 1e9 < training_profile.peak_flops("float32", size=256, rounds=3) < 1e14
