"""LiteRT's interpreter, made in one place."""

import os
from pathlib import Path


def make_interpreter(model, *, graph=0, threads=None, delegate=True, keep_tensors=False):
    """An ``ai_edge_litert.interpreter.Interpreter``, without its tensors allocated.

    Args:
        model: path of a ``.tflite`` file, or its content as ``bytes``.
        graph: number of the graph that is run.
        threads: CPU threads of one inference; ``None`` leaves the choice to the runtime.
        delegate: whether XNNPACK, the default delegate, runs what it can.
        keep_tensors: whether all tensors can be read after an inference, at the price of memory and speed. What passes
            between a delegate's operators is in no tensor of the file, so this needs ``delegate=False``.

    Raises:
        ValueError: the file is damaged, or none of LiteRT's.
    """
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    from .sizes import with_first

    if graph:
        model = with_first(model if isinstance(model, bytes) else Path(model).read_bytes(), graph)
    source = {"model_content": model} if isinstance(model, bytes) else {"model_path": os.fspath(model)}
    return Interpreter(
        **source,
        num_threads=threads,
        experimental_preserve_all_tensors=keep_tensors,
        experimental_op_resolver_type=(
            OpResolverType.AUTO if delegate else OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        ),
    )
