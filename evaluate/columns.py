"""The columns of a comparison: ``results.csv`` has them all, each table those that name it.

Another package adds its own under the entry points ``edgezoo.columns``.
"""

from ..common.registry import Registry
from .column import Column, measured_rows, on_several_devices
from .pareto import frontier
from .texts import count, kib, mib, milliseconds, percent, share_with_interval


def float_reference(result, results):
    """What a result is held against: the ``.keras`` or else the float32 file of the same network, or ``None``.

    A network is known by content alone: every run calls its model ``model.keras``. One on the same device comes first.
    """
    network = result.get("network")
    results = sorted(results, key=lambda other: other.get("device") != result.get("device"))
    for scheme in ("keras", "float32") if network else ():
        for other in results:
            if other.get("scheme") == scheme and other.get("network") == network:
                return other
    return None


def pair_with_float(result, document):
    """The document's pair of a result and its ``float_reference``, or ``None``."""
    reference = float_reference(result, document["results"])
    for pair in (document.get("pairs") or ()) if reference else ():
        ends = {(pair[end], pair.get(f"{end}_device")) for end in "ab"}
        if ends == {(each["file"], each.get("device")) for each in (result, reference)}:
            return pair
    return None


# -- values -----------------------------------------------------------------------------------------------------------


def _under(source, keys):
    """What lies under nested keys, ``None`` where one is missing or blank."""
    for key in keys:
        source = source.get(key) if source else None
    return source


def _result(*keys):
    return lambda row: _under(row.result, keys)


def _timed(*keys):
    return lambda row: _under(row.timed, keys)


def _interval(row):
    return _under(row.result, ["top1_ci95"]) or (None, None)


def _all_or_none(*values):
    """The values together, ``None`` if the first was not measured."""
    return lambda row: None if values[0](row) is None else tuple(value(row) for value in values)


def _agreement(row):
    pair = pair_with_float(row.result, row.document)
    return pair and pair.get("agreement")


def _pareto(row):
    """In which costs no other row of the document, on the same device, dominates this one."""
    rivals = [other for other in measured_rows(row.document) if _device(other) == _device(row)]

    def optimal(cost):
        return (_top1(row), cost(row)) in frontier((_top1(other), cost(other)) for other in rivals)

    return ", ".join(name for name, cost in {"latency": _p50, "size": _size}.items() if optimal(cost)) or None


def _short(key):
    return lambda row: row.short(row.result[key])


_top1, _low, _high = _result("top1"), lambda row: _interval(row)[0], lambda row: _interval(row)[1]
_p50, _size = _timed("latency_ms", "p50"), _result("size_bytes")
_delegated, _operators = _timed("delegated", "operators"), _timed("delegated", "of")

_WITH_INTERVAL = {
    "heading": "top-1 [95 % interval]",
    "value": _all_or_none(_top1, _low, _high),
    "text": share_with_interval,
}


def _runtime(row):
    return (row.timed or row.result).get("runtime")


def _device(row):
    return row.timed.get("device") or row.result.get("device")


def _self_test(row):
    test = row.result.get("self_test")
    return f"{test['passed']} of {test['images']}" if test else None


def _if_elsewhere(value):
    """A value where something was measured on another device than this machine."""
    return lambda row: value(row) if on_several_devices(row.document) else None


def _if_several(value):
    """A value where a file was run in several runtimes, which its name does not tell apart."""

    def of(row):
        setups = {(result["file"], result.get("runtime")) for result in row.document["results"]}
        return value(row) if len(setups) > len({file for file, _ in setups}) else None

    return of


def _where_uneven(value):
    """A value where the classes have different numbers of images; where they have the same, it is the plain one."""

    def of(row):
        images = {each["n"] for each in row.result.get("per_class") or ()}
        return value(row) if len(images) > 1 else None

    return of


_OF_ALL = {"value": _all_or_none(_delegated, _operators), "text": lambda values: "{} of {}".format(*values)}
_INTERVAL = {
    "heading": "95 % interval",
    "value": _all_or_none(_low, _high),
    "text": lambda ends: "{:.2f} – {:.2f}".format(*(100 * end for end in ends)),
}
_THREE_DECIMALS = {"text": "{:.3f}".format}

_balanced, _WITH_BALANCED = _result("balanced_accuracy"), ("accuracy", "comparison", "deployment")

_WITH_DEVICE = ("accuracy", "latency", "comparison", "report")

_COLUMNS = (
    Column(
        "file",
        "file",
        _result("file"),
        "its path",
        views=("accuracy", "latency", "comparison", "deployment", "report", "files", "readme", "targets"),
        right=False,
        variants={
            "report": {"value": _short("file")},
            "targets": {"value": _short("file")},
            "readme": {"value": _short("file"), "text": "`{}`".format},
        },
    ),
    Column("model", "model", _result("model"), "name of the network", views=(), right=False),
    Column("scheme", "number format", _result("scheme"), "`keras`, or that of a `.tflite` file", views=(), right=False),
    Column(
        "device",
        "device",
        _device,
        "address of the device that it was measured on",
        views=(*_WITH_DEVICE, "deployment"),
        right=False,
        variants={view: {"value": _if_elsewhere(_device), "is_optional": True} for view in _WITH_DEVICE},
    ),
    Column(
        "self_test",
        "self-test",
        _self_test,
        "golden pictures of its bundle that got the golden answers, `deploy` alone",
        views=("deployment", "report"),
        is_optional=True,
    ),
    Column("n", "images", _result("n"), "images evaluated", views=("accuracy",), text=count),
    Column(
        "top1",
        "top-1",
        _top1,
        "share of right answers",
        views=("accuracy", "comparison", "deployment", "report", "readme"),
        text=percent,
        variants=dict.fromkeys(("accuracy", "comparison", "deployment", "readme"), _WITH_INTERVAL),
    ),
    Column(
        "top1_low",
        "top-1, low",
        _low,
        "lower end of its 95 % Wilson interval",
        views=("report",),
        text=percent,
        variants={"report": _INTERVAL},
    ),
    Column("top1_high", "top-1, high", _high, "upper end of its 95 % Wilson interval", views=(), text=percent),
    Column(
        "balanced_accuracy",
        "balanced",
        _balanced,
        "mean over the classes of the share of right answers; tables show it where classes differ in size",
        views=_WITH_BALANCED,
        text=percent,
        variants={view: {"value": _where_uneven(_balanced), "is_optional": True} for view in _WITH_BALANCED},
    ),
    Column(
        "agreement",
        "agrees with float",
        _agreement,
        "share of images that the `.keras` (or else the float32) file of the same network answers alike",
        views=("comparison", "report", "readme"),
        text=percent,
        variants={"report": {"heading": "same answer\nas float"}, "readme": {"heading": "agrees with Keras"}},
    ),
    Column(
        "size_bytes",
        "bytes",
        _size,
        "size of the file",
        views=("accuracy", "comparison", "report", "files", "readme"),
        text=count,
        variants={"report": {"heading": "size\nKiB", "text": kib}},
    ),
    Column("gzip_bytes", "gzip bytes", _result("gzip_bytes"), "size as `gzip -9` makes it", views=(), text=count),
    Column("params", "parameters", _result("params"), "computed from the file", views=("report",), text=count, place=5),
    Column(
        "macs",
        "MACs",
        _result("macs"),
        "multiply-accumulates of one image, computed from the file",
        views=("report",),
        text=count,
        place=5,
    ),
    Column(
        "peak_activation_bytes",
        "activations\npeak KiB",
        _result("peak_activation_bytes"),
        "the most that activations take at a time, computed from the file",
        views=("report",),
        text=kib,
        place=5,
    ),
    Column(
        "threads", "threads", _timed("threads"), "CPU threads", views=("latency", "comparison", "deployment", "report")
    ),
    Column(
        "init_ms",
        "init\nms",
        _timed("init_ms"),
        "time from the file to a loaded model",
        views=("latency", "deployment", "report"),
        text=milliseconds,
        place=2,
        variants={"latency": {"heading": "init", "place": 3}, "deployment": {"heading": "init ms"}},
    ),
    Column(
        "first_ms",
        "first\nms",
        _timed("first_ms"),
        "time of the first inference",
        views=("latency", "report"),
        text=milliseconds,
        place=2,
        variants={"latency": {"heading": "first"}},
    ),
    Column(
        "p5_ms",
        "p5",
        _timed("latency_ms", "p5"),
        "latency of one image, 5th percentile",
        views=("latency",),
        text=milliseconds,
        place=1,
    ),
    Column(
        "p50_ms",
        "p50 ms",
        _p50,
        "median latency of one image",
        views=("latency", "comparison", "deployment", "report", "readme"),
        text=milliseconds,
        variants={"latency": {"heading": "p50"}, "report": {"heading": "p50\nms"}, "readme": _THREE_DECIMALS},
    ),
    Column(
        "p95_ms",
        "p95 ms",
        _timed("latency_ms", "p95"),
        "latency of one image, 95th percentile",
        views=("latency", "comparison", "deployment", "report", "readme"),
        text=milliseconds,
        variants={
            "latency": {"heading": "p95", "place": 1},
            "report": {"heading": "p95\nms"},
            "readme": _THREE_DECIMALS,
        },
    ),
    Column(
        "pareto",
        "Pareto-optimal",
        _pareto,
        "in what no other row of its device beats it, `latency` (p50) or `size`: none is at least as accurate and as "
        "fast (small), and better in one",
        views=("comparison", "report"),
        right=False,
        place=1,
        variants={"report": {"heading": "Pareto-\noptimal"}},
    ),
    Column(
        "peak_rss_bytes",
        "peak RSS",
        _timed("peak_rss_bytes"),
        "peak memory of a fresh process up to the first inference, with interpreter and runtime",
        views=("latency", "deployment", "report"),
        text=lambda value: f"{mib(value)} MiB",
        place=4,
        variants={"report": {"heading": "process\nMiB", "text": mib}},
    ),
    Column(
        "delegated",
        "delegated",
        _delegated,
        "operators that XNNPACK runs, or whatever else a runtime delegates to",
        views=("latency", "report", "readme"),
        place=4,
        variants={
            "latency": _OF_ALL,
            "report": {**_OF_ALL, "heading": "delegated\noperators", "place": 3},
            "readme": {**_OF_ALL, "heading": "operators in XNNPACK"},
        },
    ),
    Column("operators", "operators", _operators, "operators of the file", views=()),
    Column("pixels", "pixels", _result("pixels", "text"), "what it was given for pixels of 0 to 255", views=()),
    Column(
        "runtime",
        "runtime",
        _runtime,
        "what ran the file, with versions",
        views=("accuracy", "latency", "files"),
        right=False,
        variants={view: {"value": _if_several(_runtime), "is_optional": True} for view in ("accuracy", "latency")},
    ),
    Column("sha256", "SHA-256", _result("sha256"), "of the file's content, in hex", views=("files",), right=False),
    Column(
        "network",
        "network",
        _result("network"),
        "the same for all forms of one network: the first digits of the SHA-256 of its `.keras` file",
        views=(),
        right=False,
    ),
)

COLUMNS = Registry("column", "edgezoo.columns", lambda: _COLUMNS)

#: What ``benchmark`` shows beside them; in ``results.json``, not in ``results.csv``.
TIMING_COLUMNS = (
    Column("p99_ms", "p99", _timed("latency_ms", "p99"), views=("latency",), text=milliseconds, place=1),
    Column(
        "mean_ms",
        "mean",
        lambda row: _timed("latency_ms", "mean")(row) if _p50(row) is None else None,
        "mean latency of one image, of a device that does not tell the median",
        views=("latency",),
        text=milliseconds,
        is_optional=True,
    ),
    Column("runs", "runs", _timed("runs"), views=("latency",), text=count, place=4),
)


def _pair(name, heading, views=("pairs", "report_pairs"), report=None, value=None, **options):
    variants = {"report_pairs": report or {}}
    return Column(name, heading, value or _result(name), views=views, variants=variants, **options)


#: Of two files on the same images; ``Measured.result`` is an item of ``pairs``.
PAIR_COLUMNS = (
    _pair("a", "a", report={"value": _short("a")}, right=False),
    _pair("a_device", "on", value=_if_elsewhere(_result("a_device")), right=False, is_optional=True),
    _pair("a_runtime", "in", views=("pairs",), value=_if_several(_result("a_runtime")), right=False, is_optional=True),
    _pair("b", "b", report={"value": _short("b")}, right=False),
    _pair("b_device", "on", value=_if_elsewhere(_result("b_device")), right=False, is_optional=True),
    _pair("b_runtime", "in", views=("pairs",), value=_if_several(_result("b_runtime")), right=False, is_optional=True),
    _pair("agreement", "agreement", report={"heading": "same answer"}, text=percent),
    _pair("only_a", "only a right", views=("report_pairs",), text=count),
    _pair("only_b", "only b right", views=("report_pairs",), text=count),
    _pair("difference", "a − b", report={"heading": "top-1, a − b"}, text=lambda share: f"{100 * share:+.2f} points"),
    _pair("mcnemar_p", "p", report={"text": lambda p: "< 0.001" if p < 0.001 else f"{p:.3f}"}, text="{:.3f}".format),
)
