"""Small texts that all rooms write alike."""

import json
import unicodedata


def one_line(error, limit=None):
    """What an error (or any value) says on one line, at most ``limit`` characters; its type where it says nothing."""
    return (" ".join(str(error).split()) or type(error).__name__)[:limit]


def dimensions(shape):
    """A size as people write it: ``"28×28×1"``, ``"any×any×3"`` where a side is ``None``."""
    return "×".join("any" if side is None else str(side) for side in shape)


def by_names(pairs):
    """Pairs ``(name, sentence)`` as ``"NAME, NAME: SENTENCE"``, each sentence once, with all names that have it."""
    names = {}
    for name, sentence in pairs:
        names.setdefault(str(sentence), {})[name] = None
    return [f"{', '.join(of)}: {sentence}" for sentence, of in names.items()]


def printable(text):
    """A text, such as a file's name, as it can be shown on one line, whatever bytes the file system holds."""
    return text if text.isprintable() else ascii(text)


def harmless(text):
    """A text of several lines in which what controls a terminal, or turns the direction of writing, is an escape.

    Names of layers, classes and files come from strangers: ESC writes over what stands there already, U+202E turns
    ``gpj.exe`` round. Letters of any script stay, and what joins them; the escapes are those of JSON, ``\\u001b``.
    """
    return text if text.isprintable() else "".join(map(_harmless, text))


def _harmless(letter):
    shown = letter in "\n\t\u200c\u200d" or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
    return letter if shown else json.dumps(letter)[1:-1]


def lines_of(content):
    """The lines of a text file of any system, from its bytes; a ``UnicodeDecodeError`` where it is not UTF-8."""
    lines = content.decode("utf-8-sig").removesuffix("\n").split("\n")
    return [line.removesuffix("\r") for line in lines]


def is_text_line(text):
    """Whether a name can be a line of ``labels.txt``: not blank, and nothing in it that breaks or controls a line."""
    return bool(text.strip()) and not any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in text)
