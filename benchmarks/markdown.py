"""Markdown that results are written in."""


def percent(share, low, high):
    """A share in percent, with its interval."""
    return f"{100 * share:.2f} [{100 * low:.2f}, {100 * high:.2f}]"


def verdict(reached):
    """Whether what was wanted came out."""
    return "reached" if reached else "not reached"


def table(header, rows):
    """A Markdown table; columns whose header starts with ``>`` are aligned to the right, cells of ``None`` blank."""
    lines = [
        "| " + " | ".join(cell.lstrip(">") for cell in header) + " |",
        "| " + " | ".join("---:" if cell.startswith(">") else "---" for cell in header) + " |",
        *(
            "| " + " | ".join("" if cell is None else str(cell).replace("|", r"\|") for cell in row) + " |"
            for row in rows
        ),
    ]
    return "\n".join(lines)
