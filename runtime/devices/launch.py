"""How a runner is started through a shell: a fixed text, since all names travel on stdin."""

from .runner import BOOT, program

#: Reads the name of Python from stdin, and starts it on what comes behind; there is no single quote in it.
LAUNCH = f'IFS= read -r python && exec "$python" -c "{BOOT}"'


def opening(python):
    """What is sent first: the name of Python, and the runner's source behind its length."""
    source = program()
    return b"%s\n%d\n%s" % (python.encode(), len(source), source)


def why_no_python(status, log):
    """What is wrong where Python did not start or does not know the runner; ``None`` where it is something else.

    Args:
        status: of the shell.
        log: what came on stderr.
    """
    if status == 127:
        return "there is no such Python; install Python 3.7 or newer there, or name another with ?python=PATH."
    if status == 126 or "exec format error" in log.lower() or "\x7fELF" in log or "ELF" in log:
        return (
            "its Python cannot be executed there, as one built for another processor; name another with ?python=PATH."
        )
    if "has no attribute 'buffer'" in log or "SyntaxError" in log:
        return "its Python is older than 3.7; name a newer one with ?python=PATH."
    return None
