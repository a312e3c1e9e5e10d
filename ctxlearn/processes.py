"""Whether the process that began something is still there to end it."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path


def this_process() -> str:
    """Return what tells this process from all others: its host, its number, and when it started."""
    return named(os.getpid())


def named(pid: int) -> str:
    """Return the same of another process of this host, by its number."""
    return f"{socket.gethostname()}:{pid}:{_birth(pid)}"


def is_gone(process: str) -> bool:
    """Whether a process that began a run has ended; of another host's this cannot be told, and it is taken to live."""
    host, pid, birth = process.rsplit(":", 2)
    return host == socket.gethostname() and not (_is_alive(int(pid)) and birth == _birth(int(pid)))


def _is_alive(pid: int) -> bool:
    if sys.platform == "win32":  # there, os.kill would end it
        import ctypes

        synchronize, still_running = 0x00100000, 0x102
        handle = ctypes.windll.kernel32.OpenProcess(synchronize, False, pid)
        alive = bool(handle) and ctypes.windll.kernel32.WaitForSingleObject(handle, 0) == still_running
        ctypes.windll.kernel32.CloseHandle(handle)
        return alive
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _birth(pid: int) -> str:
    """Return when a process started, as Linux counts, or '': its number will be given to another process some day."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    state, *numbers = stat.rpartition(")")[2].split()  # proc(5): the third field and those after it
    return "" if state == "Z" else numbers[18]  # a zombie has ended
