"""Which network makes another one pointless."""

#: What a network can cost, by the column of ``results/zoo.csv``.
COSTS = ("p50_ms_1_thread", "macs", "flash_bytes")


def dominators(rows, peer, cost):
    """Rows that are at least as accurate as ``peer`` and strictly cheaper, the cheapest first.

    Args:
        rows: dicts with ``int8_top1`` and the column ``cost``; a row with an empty cell dominates nothing.
        peer: such a dict.
        cost: a column's name.
    """
    cheaper = [
        row
        for row in rows
        if None not in (row[cost], peer[cost]) and row["int8_top1"] >= peer["int8_top1"] and row[cost] < peer[cost]
    ]
    return sorted(cheaper, key=lambda row: row[cost])
