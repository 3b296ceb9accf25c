"""What is in a network, without using it: its arithmetic, its layer table, the graph of a ``.tflite`` file.

arithmetic.py     output sizes, receptive fields and memory as plain arithmetic
table.py          what a layer table is
keras_table.py    the table of a Keras model
tflite_table.py   the table of a ``.tflite`` file
describing.py     describe: which of both
head.py           what a network has behind its flattening, in words
graph.py          the tensors and operators of a ``.tflite`` file as plain values
sizes.py          … and which of its graphs is for which image size
scopes.py         … and which layers its operators come of, by the names of tensors
interpreter.py    LiteRT's interpreter, made in one place
packing.py        the same file in fewer bytes
writing.py        … and how files are written at all
metadata.py       named entries beside a ``.tflite`` file's graph
embedded_labels.py    … and the class names that other makers put there
files.py          what kind of model a file holds
catalog.py        the figures of the named models
"""

from ..common.lazy import lazy

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "describe": "describing",
        "Summary": "table",
        "Row": "table",
        "read_graph": "graph",
    },
)
