"""What the compiler's log says of a file, operator by operator."""

import collections

from ....common.errors import EdgezooError
from ....inspection.graph import read_graph
from ..checking import ACCELERATOR, CPU, Check, Placement
from .compiled import holds_package, is_compiled
from .log import MAPPED, MEANINGS

_CUT = "More than one subgraph is not supported"


def check_by_log(graph, log, by, static, compiled=None):
    """The compiler's own answer; where its log has several statuses for one kind of operator, they are dealt out.

    The log counts operators, it does not name them. Those that stayed on the CPU are still in the compiled file, with
    the names of their tensors; where there is none to read, the static answer says which they are likely to be.

    Args:
        graph: ``Graph`` of the file that was compiled.
        log: ``Log``.
        by: program and version.
        static: ``Check`` by the static rules; ``operators`` may be empty.
        compiled: path of the compiled file, or ``None``.

    Returns:
        ``Check``, or ``None`` if the log is not one of this file.
    """
    statuses = _statuses(graph, log)
    if statuses is None:
        return None
    likely = _left(graph, compiled)
    if likely is None or _counted(graph, likely) != _counted_on_cpu(statuses):
        likely = {each.index for each in static.operators if each.where != ACCELERATOR}
    guesses = {each.index: each for each in static.operators}
    dealt = {}
    for op, counted in statuses.items():
        places = [each.index for each in graph.operators if _name(each) == op]
        places.sort(key=lambda place: (place in likely, _is_cut(guesses.get(place)), place))
        counted = sorted(counted, key=lambda entry: (entry[1] != MAPPED, entry[1] == _CUT))
        words = [status for count, status in counted for _ in range(count)]
        dealt.update(zip(places, words, strict=True))
    return Check(
        tuple(_placement(each, dealt[each.index], guesses.get(each.index)) for each in graph.operators),
        by=by,
        memory=_memory(log),
        figures=dict(log.counts),
    )


def _name(operator):
    return "CUSTOM" if operator.is_custom else operator.op


def _counted(graph, places):
    return collections.Counter(_name(each) for each in graph.operators if each.index in places)


def _counted_on_cpu(statuses):
    counted = ((op, sum(count for count, status in rows if status != MAPPED)) for op, rows in statuses.items())
    return collections.Counter({op: count for op, count in counted if count})


def _statuses(graph, log):
    """Operator → ``[(count, status)]`` for all of the file's, or ``None`` if the log does not speak of them."""
    present = _counted(graph, {each.index for each in graph.operators})
    if log.rows:
        rest = {op: [(count, MAPPED)] for op, count in present.items() if log.rest_mapped}
        statuses = {**rest, **log.statuses}
        counted = {op: sum(count for count, _ in rows) for op, rows in statuses.items()}
        return statuses if counted == present else None
    if log.counts.get("on_cpu") == 0 and log.counts.get("mapped") == len(graph.operators):
        return {op: [(count, MAPPED)] for op, count in present.items()}
    return None


def _left(graph, compiled):
    """Indices of the operators that are still in the compiled file, by the names of their outputs; or ``None``."""
    if compiled is None:
        return None
    try:
        after = read_graph(compiled)
    except EdgezooError:
        return None
    if not is_compiled(after):
        return None
    names = {after.tensors[index].name for each in after.operators if not holds_package(each) for index in each.outputs}
    return {each.index for each in graph.operators if {graph.tensors[index].name for index in each.outputs} & names}


def _is_cut(placement):
    return bool(placement and placement.reason and placement.reason.startswith("it follows operator"))


def _placement(operator, status, guess):
    if status == MAPPED:
        return Placement(operator.index, operator.op, ACCELERATOR)
    reason, remedy = MEANINGS.get(status, (status[:1].lower() + status[1:], None))
    if guess and guess.where == CPU and _is_cut(guess) == (status == _CUT):
        reason, remedy = guess.reason, guess.remedy  # the rules know more than the words of the log
    return Placement(operator.index, operator.op, CPU, reason, remedy)


def _memory(log):
    memory = {}
    if "cached" in log.memory:
        room = log.memory["cached"] + log.memory["free"] if "free" in log.memory else None
        memory["cached parameters"] = {"bytes": log.memory["cached"], "of": room}
    if "streamed" in log.memory:
        memory["streamed parameters"] = {"bytes": log.memory["streamed"], "of": None}
    return memory
