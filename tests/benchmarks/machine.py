"""The machine and the versions of a measurement."""

from __future__ import annotations

import os
import platform
import re
import sys
from importlib.metadata import version
from pathlib import Path

_LIBRARIES = ("litestar", "uvicorn", "uvloop", "httptools", "msgspec", "structlog", "prometheus-client")
_PEERS = ("fastapi", "pydantic", "zen-engine", "clipspy", "panzi-json-logic", "datalogic-py")


def machine() -> str:
    """The processor, the kernel and the versions, in three sentences."""
    model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    cores = len(os.sched_getaffinity(0))
    kernel = ".".join(platform.release().split(".")[:2])
    return (
        f"{cores} cores of {model.group(1).strip() if model else platform.machine()}, "
        f"{platform.system()} {kernel}, {python()}.\n"
        f"Ours: {_versions(_LIBRARIES)}.\n"
        f"Peers: {_versions(_PEERS)}."
    )


def python() -> str:
    """The interpreter's version and system, whose builds use profiles."""
    base = Path(sys.base_prefix)
    origin = f"of {platform.freedesktop_os_release()['PRETTY_NAME']}" if base == Path("/usr") else "built by hand"
    return f"{platform.python_implementation()} {platform.python_version()} {origin}"


def _versions(libraries: tuple[str, ...]) -> str:
    return ", ".join(f"{library} {version(library)}" for library in libraries)
