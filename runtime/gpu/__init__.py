"""LiteRT's GPU delegate (ML Drift, over WebGPU and Vulkan), as phones have it, on this machine.

vulkan.py      where there is a Vulkan driver
delegate.py    a file given to the delegate, and what that says of it
runner.py      … as a runner
partition.py   which operators the delegate runs, asked in a child process
"""

from .runner import RUNTIME

__all__ = ["RUNTIME"]
