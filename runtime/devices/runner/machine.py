"""What the device is, and how it is at the moment."""

import glob
import os
import platform
import re
import shutil
import subprocess


def content(path):
    """Text of a file of the system, ``None`` where there is none."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().strip("\0 \n")
    except OSError:
        return None


def field(path, *keys):
    """The first ``key: value`` of such a file with one of the keys, ``None`` where there is none."""
    for line in (content(path) or "").splitlines():
        key, _, value = line.partition(":")
        if key.strip() in keys and value.strip():
            return value.strip()
    return None


def _numbers(pattern):
    found = (content(path) or "" for path in glob.glob(pattern))
    return [int(text) for text in found if re.match(r"-?\d+$", text)]


def _cpu():
    name = field("/proc/cpuinfo", "model name", "Model", "Hardware") or platform.processor() or None
    # An Arm's has no such field: QEMU's user mode shows the file of the machine that it runs on.
    if platform.machine().startswith(("aarch64", "arm")) and field("/proc/cpuinfo", "vendor_id"):
        return f"{os.environ.get('QEMU_CPU', platform.machine())}, emulated on {name}"
    return name


def _throttling():
    """``(held back now, count or flags of before)``, either ``None`` where the system tells nothing."""
    if shutil.which("vcgencmd"):
        said = subprocess.run(["vcgencmd", "get_throttled"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        flags = re.match(rb"throttled=(0x[0-9a-fA-F]+)", said)
        if flags:  # bits 0 to 3: now; 16 to 19: since it was switched on
            return bool(int(flags.group(1), 16) & 0xF), int(flags.group(1), 16) >> 16
    counts = _numbers("/sys/devices/system/cpu/cpu*/thermal_throttle/core_throttle_count")
    return (None, sum(counts)) if counts else (None, None)


def description():
    """What this machine is and how it is at the moment, JSON-able; ``None`` for what the system does not tell."""
    memory = re.match(r"\d+", field("/proc/meminfo", "MemTotal") or "")
    temperatures = _numbers("/sys/class/thermal/thermal_zone*/temp")
    now, before = _throttling()
    return {
        "model": content("/proc/device-tree/model"),
        "cpu": _cpu(),
        "machine": platform.machine(),
        "cores": cores(),
        "ram_bytes": int(memory.group()) * 1024 if memory else None,
        "system": platform.system(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "governor": content("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "temperature_c": max(temperatures) / 1000 if temperatures else None,
        "throttled_now": now,
        "throttled_before": before,
    }


def cores():
    """Number of CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
