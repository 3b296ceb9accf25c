"""Logs of real compilers: v1 as in github.com/iwatake2222/EdgeTPU_Analysis, v15 and v16 as users published them."""

import pytest

from edgezoo.export.targets.coral.log import MAPPED, parse_log

V1 = """Edge TPU Compiler version 1.0.249710469
Input: coco_ssd_mobilenet_v1_1.0_quant.tflite
Output: coco_ssd_mobilenet_v1_1.0_quant_edgetpu.tflite

Operator                       Count      Status

CUSTOM                         1          Operation is working on an unsupported data type
CONCATENATION                  2          Mapped to Edge TPU
LOGISTIC                       1          Mapped to Edge TPU
"""
UNSPECIFIED = "Operation is otherwise supported, but not mapped due to some unspecified limitation"
V15 = f"""Edge TPU Compiler version 15.0.340273435

Model compiled successfully in 577 ms.

Input model: /home/yolo/yolov3-tiny_int8.tflite
Input size: 8.58MiB
Output model: /home/yolo/yolov3-tiny_int8_edgetpu.tflite
Output size: 8.70MiB
On-chip memory used for caching model parameters: 3.00KiB
On-chip memory remaining for caching model parameters: 7.67MiB
Off-chip memory used for streaming uncached model parameters: 0.00B
Number of Edge TPU subgraphs: 1
Total number of operations: 36
Operation log: /home/yolo/yolov3-tiny_int8_edgetpu.log

Model successfully compiled but not all operations are supported by the Edge TPU. A percentage of the model will instead
Number of operations that will run on Edge TPU: 2
Number of operations that will run on CPU: 34

Operator                       Count      Status

MAX_POOL_2D                    6          More than one subgraph is not supported
QUANTIZE                       2          {UNSPECIFIED}
QUANTIZE                       1          Mapped to Edge TPU
QUANTIZE                       1          More than one subgraph is not supported
CONV_2D                        1          Mapped to Edge TPU
CONV_2D                        12         More than one subgraph is not supported
RESIZE_NEAREST_NEIGHBOR        1          Operation version not supported
LEAKY_RELU                     11         Operation not supported
CONCATENATION                  1          More than one subgraph is not supported
"""
V16 = """Edge TPU Compiler version 16.0.384591198
Searching for valid delegate with step 1
Try to compile segment with 139 ops
Started a compilation timeout timer of 180 seconds.

Model compiled successfully in 1242 ms.

Input model: model.tflite
Input size: 3.95MiB
Output model: model_edgetpu.tflite
Output size: 4.50MiB
On-chip memory used for caching model parameters: 3.99MiB
On-chip memory remaining for caching model parameters: 3.64MiB
Off-chip memory used for streaming uncached model parameters: 309.75KiB
Number of Edge TPU subgraphs: 1
Total number of operations: 52
Operation log: model_edgetpu.log

Operator                       Count      Status

CONV_2D                        42         Mapped to Edge TPU
ADD                            10         Mapped to Edge TPU
Compilation child process completed within timeout period.
Compilation succeeded!
"""


def test_version_1_has_a_table_alone():
    log = parse_log(V1)
    assert (log.version, log.memory, log.counts, log.failure) == ("1.0.249710469", {}, {}, None)
    assert log.statuses["CUSTOM"] == [(1, "Operation is working on an unsupported data type")]


def test_version_15_whose_counts_add_up():
    log = parse_log(V15.replace("\n", "\r\n"))
    assert log.memory == {"cached": 3 * 1024, "free": round(7.67 * 2**20), "streamed": 0}
    assert sum(count for _, count, _ in log.rows) == log.counts["operators"] == 36
    assert sum(count for _, count, status in log.rows if status == MAPPED) == log.counts["mapped"] == 2
    assert log.counts["on_cpu"] == 34 and len(log.statuses["QUANTIZE"]) == 3


def test_version_16_has_lines_around_the_table():
    log = parse_log(V16)
    assert log.rows == (("CONV_2D", 42, MAPPED), ("ADD", 10, MAPPED))
    assert log.memory["streamed"] == round(309.75 * 1024) and log.failure is None


def test_a_table_that_stands_in_the_output_and_in_the_file_is_read_once():
    assert parse_log(f"{V15}\n{V15}").rows == parse_log(V15).rows


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        ("Invalid model: a.tflite\nModel not quantized\n", "Invalid model: a.tflite Model not quantized"),
        (
            "ERROR: Restored original execution plan after delegate application failure.\n"
            "Compilation failed: Compilation failed due to large activation tensors in model.\n"
            "Compilation child process completed within timeout period.\nCompilation failed! \n",
            "large activation tensors",
        ),
        (
            "ERROR: Didn't find op for builtin opcode 'CONV_2D' version '6'.\nERROR: Registration failed.\n",
            "version '6'",
        ),
        ("\nInternal compiler error. Aborting! \n", "Internal compiler error"),
        (
            "Compilation child process completed within timeout period.\nCompilation failed!\n",
            "no reason that it names",
        ),
        (
            "The number of lists given to intermediate_tensors doesn't match the number of input models.",
            "doesn't match",
        ),
    ],
)
def test_failures(text, failure):
    log = parse_log(f"Edge TPU Compiler version 16.0.384591198\n{text}")
    assert failure in log.failure and "\n" not in log.failure and not log.rows


def test_tries_that_failed_before_one_succeeded_are_no_failure():
    tries = "ERROR: Restored original execution plan after delegate application failure.\nCompilation failed!\n"
    assert parse_log(tries + V16).failure is None and "Restored" in parse_log(V16 + tries).failure


@pytest.mark.parametrize("text", ["", "hello", "Operator Count Status", "\x00" * 100, "CONV_2D 1 Mapped to Edge TPU"])
def test_what_is_no_log(text):
    log = parse_log(text)
    assert log.version is None and not log.rows and not log.failure
