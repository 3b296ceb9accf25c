"""What a phone is, and how it is at the moment."""

import re

from ....common.text import one_line, printable

#: Prints it, a line ``name=value`` each, and then what Android's thermal service tells.
SCRIPT = (
    "for name in ro.product.manufacturer ro.product.model ro.soc.manufacturer ro.soc.model ro.board.platform"
    " ro.build.version.release ro.build.version.sdk ro.product.cpu.abi ro.product.cpu.abilist; do"
    " echo $name=$(getprop $name); done;"
    " echo kernel=$(uname -r);"
    " echo cores=$(grep -c ^processor /proc/cpuinfo);"
    " echo memory=$(grep ^MemTotal: /proc/meminfo);"
    " echo governor=$(cat /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor 2>/dev/null);"
    " dumpsys thermalservice 2>/dev/null; true"
)
# Temperature{mValue=35.3, mType=0, mName=CPU0, mStatus=0}: type 0 is the CPU, behind this heading as it is now.
_CURRENT = "Current temperatures from HAL"
_CPU = re.compile(r"mValue=(-?\d{1,3}(?:\.\d+)?), mType=0\b")
# 0 is none; 1 light, 2 moderate, …
_STATUS = re.compile(r"^Thermal Status: (\d)\s*$", re.MULTILINE)


class Phone:
    """What a phone said of itself; ``None`` for what it did not.

    Args:
        said: what ``SCRIPT`` printed there.

    Attributes:
        facts: of the description of a device, those that stay.
        abis: instruction sets that it runs, such as ``arm64-v8a``, the best first.
        temperature_c: the hottest of its CPU's.
        is_held_back: whether Android holds the phone back for its temperature.
    """

    def __init__(self, said):
        said = said.decode("utf-8", "replace")
        values = {}
        for line in said.splitlines():
            name, equals, value = line.partition("=")
            if equals and value.strip():
                values.setdefault(name, printable(one_line(value, 200)))
        number = {key: re.search(r"\d{1,15}", values.get(key, "")) for key in ("cores", "memory")}
        release, sdk = values.get("ro.build.version.release"), values.get("ro.build.version.sdk")
        self.facts = {
            "model": _joined(values, "ro.product.manufacturer", "ro.product.model"),
            "cpu": _joined(values, "ro.soc.manufacturer", "ro.soc.model") or values.get("ro.board.platform"),
            "machine": values.get("ro.product.cpu.abi"),
            "cores": number["cores"] and int(number["cores"].group()),
            "ram_bytes": number["memory"] and int(number["memory"].group()) * 1024,
            "system": f"Android {release} (API {sdk})" if release and sdk else "Android",
            "kernel": values.get("kernel"),
            "python": None,
            "governor": values.get("governor"),
        }
        self.abis = [abi for abi in values.get("ro.product.cpu.abilist", "").split(",") if abi]
        current = said.partition(_CURRENT)[2]
        self.temperature_c = max(map(float, _CPU.findall(current)), default=None)
        status = _STATUS.search(said)
        self.is_held_back = int(status.group(1)) > 0 if status else None


def described(address, before, after):
    """Description of a device, as ``job.latency_on`` gives it, from the ``Phone`` of before and after."""
    held = [each.is_held_back for each in (before, after) if each.is_held_back is not None]
    return {
        "device": str(address),
        **before.facts,
        "temperature_c": {"before": before.temperature_c, "after": after.temperature_c},
        "throttled": any(held) if held else None,
    }


def _joined(values, *keys):
    return " ".join(values[key] for key in keys if key in values) or None
