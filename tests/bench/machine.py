"""This machine: what it is, and how busy others kept it before the run."""

import platform
from pathlib import Path

import psutil

_CPUINFO = Path("/proc/cpuinfo")


def described() -> dict[str, object]:
    """Model, cores, memory, and the load average of the minute before."""
    return {
        "model": _model(),
        "cores": psutil.cpu_count() or 0,
        "memory_gb": round(psutil.virtual_memory().total / (1 << 30)),
        "system": f"{platform.system()} {platform.release()}",
        "load_before": round(psutil.getloadavg()[0], 1),
    }


def _model() -> str:
    if _CPUINFO.exists():
        for line in _CPUINFO.read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
