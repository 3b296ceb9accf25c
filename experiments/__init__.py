"""What convolution, pooling, depth and size are worth, measured: six experiments, each one command.

running.py           run_experiment: an experiment's rows, plot, table and paragraph in one folder
experiment.py        what an experiment is
lab.py               what an experiment works with: trainings that go on, exports, accuracies, latencies
networks.py          networks of equal parameters or multiplications
pixels.py            images permuted and shifted
figures.py           panels and error bars
formatting.py        figures in plain words
permuted_pixels.py   … and the other five: one module an experiment
"""

from ..common.lazy import lazy

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "EXPERIMENTS": "running",
        "experiments": "running",
        "run_experiment": "running",
        "Experiment": "experiment",
    },
)
