"""What a file really does: accuracy, latency, memory, statistics, report. Everything is imported on first use."""

from ..common.lazy import lazy

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "evaluate_files": "accuracy",
        "benchmark_files": "latency",
        "compare_files": "compare",
        "summary_rows": "compare",
        "load_runner": ".runtime",
    },
)
