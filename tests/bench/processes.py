"""What another process has cost so far, asked of the operating system."""

import psutil


def cpu_s(pid: int) -> float:
    """Seconds of processor that a process and its children took, in user mode and in the system."""
    process = psutil.Process(pid)
    return sum(_own_and_ended(one) for one in (process, *process.children(recursive=True)))


def resident_mb(pid: int) -> float:
    """Memory that it holds now."""
    return float(psutil.Process(pid).memory_info().rss) / (1 << 20)


def _own_and_ended(process: psutil.Process) -> float:
    times = process.cpu_times()
    # Those of Windows and macOS don't count children that ended.
    ended = getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
    return float(times.user + times.system + ended)
