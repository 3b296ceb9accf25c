"""Which trade-offs are worth having."""


def frontier(points):
    """The Pareto-optimal points: those that no other one dominates.

    One dominates another if it is at least as accurate and costs at most as much, and is better in one of the two.
    Numbers count as measured, however wide their intervals are.

    Args:
        points: ``(accuracy, cost)`` of each; those with a ``None`` were not measured and are left out.

    Returns:
        A list of distinct points, the cheapest first; each is more accurate than the one before.
    """
    best = []
    for accuracy, cost in sorted((p for p in points if None not in p), key=lambda point: (point[1], -point[0])):
        if not best or accuracy > best[-1][0]:
            best.append((accuracy, cost))
    return best
