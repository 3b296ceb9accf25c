"""The columns that a comparison has for each of its targets: what the target's check says of a file."""

from ..export.placements import in_words
from .column import Column
from .texts import count, milliseconds


def target_columns(document):
    """``Column`` objects of a document's ``targets``, one target after the other, for what is known of any file.

    Their names begin with that of the target: ``coral_accelerated``, ``ethos-u55-128_cycles``, ``tflm_arena_bytes``.
    """
    for target in document.get("targets") or ():
        checks = [check for result in document["results"] if (check := check_of(result, target))]
        yield from _placements(target)
        if any("cycles" in check["figures"] for check in checks):
            yield from _estimates(target)
        yield from _memories(target, dict.fromkeys(name for check in checks for name in check["memory"]))


def check_of(result, target):
    """What a target makes of a result's file, ``None`` where it was not asked or could not tell."""
    return (result.get("targets") or {}).get(target)


def _of(target, value):
    """``Column.value`` of a function of a check."""

    def of_row(row):
        check = check_of(row.result, target)
        return check and value(check)

    return of_row


def _unless_refused(target, value):
    return _of(target, lambda check: None if check["refused"] else value(check))


def _figure(target, name):
    return _of(target, lambda check: check["figures"].get(name))


def _placements(target):
    def nowhere(check):
        return sum(operator["where"] == "nowhere" for operator in check["operators"])

    in_table = {
        "value": _of(target, lambda check: (check["accelerated"], in_words(check))),
        "text": lambda value: value[1],
    }
    yield Column(
        f"{target}_accelerated",
        target,
        _unless_refused(target, lambda check: check["accelerated"]),
        views=("targets",),
        variants={"targets": in_table},
    )
    yield Column(f"{target}_operators", "operators", _unless_refused(target, lambda check: check["total"]), views=())
    yield Column(f"{target}_nowhere", "nowhere", _unless_refused(target, nowhere), views=())
    yield Column(f"{target}_refused", "refused", _of(target, lambda check: check["refused"]), views=())


def _estimates(target):
    """What a compiler estimates; the heading says so."""
    cycles, time = _figure(target, "cycles"), _figure(target, "inference_ms")

    def both(row):
        return None if cycles(row) is None else (cycles(row), time(row))

    in_table = {"value": both, "text": lambda values: f"{count(values[0])} ({milliseconds(values[1])} ms)"}
    heading = f"{target}\ncycles, estimated"
    yield Column(f"{target}_cycles", heading, cycles, views=("targets",), variants={"targets": in_table})
    yield Column(f"{target}_ms", "ms", time, views=())
    yield Column(f"{target}_clock_hz", "clock", _figure(target, "clock_hz"), views=())


def _memories(target, names):
    """A column a memory for ``results.csv``; tables have them all in the first one's place."""

    def all_of(check):
        return tuple((check["memory"][name]["bytes"], name) for name in names if name in check["memory"]) or None

    in_table = {
        "heading": f"{target}\nmemory, KiB",
        "right": False,
        "value": _of(target, all_of),
        "text": lambda sizes: ", ".join(f"{name} {size / 1024:,.1f}" for size, name in sizes),
    }
    for place, name in enumerate(names):
        yield Column(
            f"{target}_{name.replace(' ', '_')}_bytes",
            name,
            _of(target, lambda check, name=name: check["memory"].get(name, {}).get("bytes")),
            views=() if place else ("targets",),
            variants={"targets": in_table},
        )
