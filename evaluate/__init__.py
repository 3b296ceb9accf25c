"""What a file really does: accuracy, latency, memory, statistics, report. Everything is imported on first use.

accuracy.py        evaluate_files: right answers, by class and in pairs
classes.py         which output stands for which class
latency.py         benchmark_files: time and memory
on_devices.py      both on devices
statistics.py      intervals and paired tests
pareto.py          which trade-offs nothing else beats
examples.py        images on which one file is right and another wrong
compare.py         compare_files: both, with a report
deploying.py       deploy_bundles: bundles on devices, verified and measured
calibration_sweep.py  export_by_sweep: which images and which ranges an int8 file is calibrated best by
recovery.py        recover_models: layers are lifted to float32 until little enough is lost
debugger           debug_files: which layers of a quantized file lose, and why
unfinished.py      what was measured before a device was lost
column.py          what a column is
columns.py         the columns
by_class.py        accuracy of each class
texts.py           numbers as people read them
target_columns.py  … and those of each target
placement.py       what targets make of the files
tables.py          documents as tables of those columns
documents.py       results of this and older format versions, read back
report.py          the page
plots.py           its plots
report_targets.py  its tables of operators
identity.py        which file a number belongs to
pixel_range.py     what is to be said of the pixels that it was given
seen.py            whether it was trained on what it is scored on
"""

from ..common.lazy import lazy

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "evaluate_files": "accuracy",
        "benchmark_files": "latency",
        "compare_files": "compare",
        "deploy_bundles": "deploying",
        "export_by_sweep": "calibration_sweep",
        "recover_models": "recovery",
        "debug_files": "debugger.debugging",
        "draw_layers": "debugger.drawing",
        "layer_rows": "debugger.table",
        "worst_in_words": "debugger.table",
        "summary_rows": "tables",
        "tabulate": "tables",
        "read_results": "documents",
        "Column": "column",
        "COLUMNS": "columns",
        "load_runner": ".runtime",
    },
)
