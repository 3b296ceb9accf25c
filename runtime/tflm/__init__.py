"""TensorFlow Lite Micro (TFLM) in its package for Python: its interpreter, with its reference kernels.

model.py        a file in TFLM, in this process
runner.py       … as a runner
interpreter.py  … in a child process, and the memory that it takes
process.py      that child
kernels.py      the operators that TFLM has kernels for
"""

from .runner import RUNTIME

__all__ = ["RUNTIME"]
