"""How long ``edgezoo --help`` takes, as a multiple of ``python -c pass``, in turn on the same machine.

python benchmarks/startup.py
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 15
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "edgezoo --help": [str(Path(sys.executable).with_name("edgezoo")), "--help"],
    "edgezoo list": [str(Path(sys.executable).with_name("edgezoo")), "list"],
}


def seconds(command):
    """Wall time of one run of a whole process."""
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    for command in COMMANDS.values():
        seconds(command)  # fills the file cache
    rounds = [{name: seconds(command) for name, command in COMMANDS.items()} for _ in range(RUNS)]
    for name in COMMANDS:
        ratio = statistics.median(each[name] / each["python -c pass"] for each in rounds)
        print(f"{name:15} {1000 * statistics.median(each[name] for each in rounds):6.1f} ms  {ratio:5.2f}×")
