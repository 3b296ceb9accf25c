"""Writes ``export/targets/ethos_u/vela.json``: what the installed Vela says that it takes, for machines without it.

Sources: Vela's table of constraints (what ``vela --supported-ops-report`` prints), and systems and memory modes of
the ``vela.ini`` that comes with it. Run it after a change of Vela's version in ``setup.cfg``.
"""

import configparser
import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from edgezoo.common.files import write_text

PATH = Path(__file__).resolve().parents[1] / "export/targets/ethos_u/vela.json"
_FAMILIES = ("EthosU55", "EthosU65", "EthosU85")
_TABLE = f"""
import json
from ethosu import regor
print(json.dumps({{family: regor.tflite_operator_constraints(family) for family in {_FAMILIES}}}))
"""


def saved():
    """The document: every rule's text once, and for each family and operator the numbers of its rules."""
    families = json.loads(subprocess.check_output([sys.executable, "-P", "-c", _TABLE], text=True))
    rules = list(dict.fromkeys(rule for table in families.values() for each in table.values() for rule in each))
    files = metadata.files("ethos-u-vela")
    settings = configparser.ConfigParser()
    settings.read(next(file.locate() for file in files if file.match("Arm/vela.ini")))
    sections = {tuple(name.split(".", 1)): dict(settings[name]) for name in settings.sections()}
    return {
        "version": metadata.version("ethos-u-vela"),
        "systems": {
            name: {"clock_hz": float(each["core_clock"])}
            for (kind, name), each in sections.items()
            if kind == "System_Config"
        },
        "memory_modes": {
            name: {"cache_bytes": int(each["arena_cache_size"]) if "arena_cache_size" in each else None}
            for (kind, name), each in sections.items()
            if kind == "Memory_Mode"
        },
        "rules": rules,
        "operators": {
            family: {op: [rules.index(rule) for rule in table[op]] for op in sorted(table)}
            for family, table in families.items()
        },
    }


def text(document):
    """It as JSON of one operator a line."""
    tables = document["operators"]
    lines = {
        family: ",\n".join(f'      "{op}": {json.dumps(table[op])}' for op in table) for family, table in tables.items()
    }
    operators = ",\n".join(f'    "{family}": {{\n{body}\n    }}' for family, body in lines.items())
    head = json.dumps({key: value for key, value in document.items() if key != "operators"}, indent=2)
    return f'{head[:-2]},\n  "operators": {{\n{operators}\n  }}\n}}\n'


if __name__ == "__main__":
    write_text(PATH, text(saved()))
