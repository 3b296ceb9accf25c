"""What ``benchmark_model`` printed on phones, as people have put it into issues, shortened."""

import pytest

from edgezoo.runtime.devices.adb.program import arguments, complaint, measured

# yuenshome/yuenshome.github.io, issue 77; its version is not told.
OLDEST = """Loaded model /data/local/tmp/tflite/tfmodel/mobilenet_v1_1.0_224_quant.tflite
resolved reporter
Initialized session in 9.933ms
Running benchmark for at least 4 iterations and at least 0.5 seconds
count=7 first=127425 curr=66709 min=66709 max=127425 avg=76605.9 std=20944

Running benchmark for at least 10 iterations and at least 1 seconds
count=15 first=66753 curr=66800 min=66699 max=66838 avg=66767.6 std=39

Average inference timings in us: Warmup: 76605.9, Init: 9933, no stats: 66767.6
"""
# tensorflow/tensorflow, issue 42507, of 2020; its version is not told.
OLD = """STARTING!
Duplicate flags: num_threads
Num threads: [4]
The input model file size (MB): 0.004448
Initialized session in 0.855ms.
Running benchmark for at least 1 iterations and at least 0.5 seconds but terminate if exceeding 150 seconds.
count=15 first=49060 curr=33682 min=32825 max=49060 avg=34825.1 std=3930

Running benchmark for at least 50 iterations and at least 1 seconds but terminate if exceeding 150 seconds.
count=50 first=32891 curr=33978 min=32641 max=34005 avg=33209.4 std=450

Inference timings in us: Init: 855, First inference: 49060, Warmup (avg): 34825.1, Inference (avg): 33209.4
Peak memory footprint (MB): init=0 overall=12.8672
"""
# tensorflow/tensorflow, issue 56301: TensorFlow 2.9, by logcat.
LOGCAT = """05-30 15:16:44.858  3380  3380 I tflite  : Initialized session in 126.059ms.
05-30 15:16:45.362  3380  3380 I tflite  : count=40 first=32942 curr=12594 min=11340 max=32942 avg=12581.9 std=3331
05-30 15:16:46.365  3380  3380 I tflite  : count=75 first=12840 curr=11853 min=11787 max=13649 avg=12167.6 std=325
05-30 15:16:46.366  3380  3380 I tflite  : Inference timings in us: Init: 126059, First inference: 32942, Warmup (avg)\
: 12581.9, Inference (avg): 12167.6
"""
# Nobody's: in the form of LiteRT's tflite/tools/benchmark/benchmark_model.cc and StatWithPercentiles::OutputToStream.
NEW = """INFO: STARTING!
INFO: Created TensorFlow Lite XNNPACK delegate for CPU.
Replacing 52 out of 65 node(s) with delegate (TfLiteXNNPackDelegate) node, yielding 6 partitions for the whole graph.
INFO: Initialized session in 8.1ms.
INFO: count=61 first=11051 curr=8125 min=8040 max=11051 avg=8203.44 std=375 p5=8056 median=8123 p95=8301

INFO: count=123 first=8130 curr=8122 min=8031 max=1.02e+04 avg=8140.5 std=97 p5=8060 median=8122 p95=8240

INFO: Inference timings in us: Init: 8100, First inference: 11051, Warmup (avg): 8203.44, Inference (avg): 8140.5
INFO: Memory footprint delta from the start of the tool (MB): init=3.1 overall=4.6
"""
BLANK = dict.fromkeys(("p5", "p50", "p90", "p95", "p99", "quantiles"))


@pytest.mark.parametrize(
    ("text", "init", "first", "runs", "latency", "delegated"),
    [
        (OLDEST, 9.933, 127.425, 15, {**BLANK, "mean": 66.7676, "min": 66.699, "max": 66.838}, None),
        (OLD, 0.855, 49.06, 50, {**BLANK, "mean": 33.2094, "min": 32.641, "max": 34.005}, None),
        (LOGCAT, 126.059, 32.942, 75, {**BLANK, "mean": 12.1676, "min": 11.787, "max": 13.649}, None),
        (
            NEW,
            8.1,
            11.051,
            123,
            {**BLANK, "mean": 8.1405, "min": 8.031, "max": 10.2, "p5": 8.06, "p50": 8.122, "p95": 8.24},
            {"operators": 52, "of": 65},
        ),
    ],
)
def test_versions(text, init, first, runs, latency, delegated):
    row = measured(text, 65)
    assert row.pop("latency_ms") == pytest.approx(latency)
    assert row == {"init_ms": init, "first_ms": first, "runs": runs, "delegated": delegated}
    assert measured(text.replace("\n", "\r\n"), 65) == measured(text, 65)


def test_times_that_are_all_the_same_are_all_known():
    row = measured("Initialized session in 1ms\ncount=1 curr=9\ncount=50 curr=7(all same) p5=7 median=7 p95=7", 1)
    assert row["first_ms"] == 0.009 and row["runs"] == 50
    assert {value for name, value in row["latency_ms"].items() if name != "quantiles"} == {0.007}


def test_older_versions_name_no_total_of_operators():
    """asus4/tf-lite-unity-sample, pull request 214."""
    line = "Replacing 269 node(s) with delegate (TfLiteXNNPackDelegate) node, yielding 13 partitions.\n"
    assert measured(line + OLD, 300)["delegated"] == {"operators": 269, "of": 300}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "count=5 first=1 curr=1 min=1 max=1 avg=1",
        OLD.replace("count=50", "count=fifty"),
        OLD.replace("min=32641", "min=99999"),
        OLD.replace("avg=33209.4", "avg=-1"),
        OLD.replace("avg=33209.4", "avg=1e999"),
        OLD.replace("max=34005", "max=3.4.0"),
        OLD.replace(" max=34005", ""),
        OLD.replace("Init: 855", "").replace("Initialized", ""),
        "count=0\ncount=50",
        "count=" + "9" * 100000,
        NEW.replace("median=8122", "median=nan").replace("p5=8060", "p5=9999"),
    ],
)
def test_what_no_version_prints(text):
    with pytest.raises(ValueError, match=r"no |none"):
        measured(text, 1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        # tensorflow/tensorflow, issues 42956 and 56166; XiaoMi/mace, issue 56
        (
            "/system/bin/sh: ./benchmark_model: not executable: 64-bit ELF file",
            "for another processor; give the one for x",
        ),
        (
            "XNNPACK delegate created.\nFailed to apply XNNPACK delegate.\nBenchmarking failed.",
            "Failed to apply XNNPACK",
        ),
        (
            'CANNOT LINK EXECUTABLE "x": library "libhexagon_controller.so" not found\nAborted',
            "needs what this phone has not",
        ),
        ("hello", None),
    ],
)
def test_complaints(text, says):
    found = complaint(text, "x")
    assert found is None if says is None else says in found


def test_its_command_line_is_of_fixed_words_and_numbers():
    how = {"runs": 50, "seconds": 1.0, "warm_up_runs": 5, "warm_up_seconds": 0.5}
    line = arguments(graph="a" * 64, shape=(12, 12, 1), values="input", threads=2, **how)
    assert "--input_layer_shape=1,12,12,1 " in line and "--num_threads=2 " in line and "--min_secs=1 " in line
    for wrong in ({"threads": "2; reboot"}, {"shape": ("$(reboot)", 1, 1)}, {"runs": "`reboot`"}):
        with pytest.raises(ValueError, match="format code"):
            arguments(**{"graph": "a", "shape": (1, 1, 1), "values": "input", "threads": 1, **how, **wrong})
