"""What is written into pages, read again."""


def cells(text):
    """The rows of the tables in a Markdown text, without their header."""
    lines = [line for line in text.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
