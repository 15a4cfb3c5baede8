"""Writes the licences of what is in the image: `python -m tests.deploy.licences > deploy/licences.md`."""

from __future__ import annotations

import re
import sys
from importlib.metadata import metadata
from pathlib import Path
from typing import Final

LOCK: Final = Path(__file__).parents[2] / "requirements/runtime.lock"
ALLOWED: Final = {"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "MIT", "MPL-2.0", "PSF-2.0"}
"""Licences that let the service be used, changed and passed on; MPL asks for the source of changed files of its own."""

_OLDER: Final = {"async-timeout": "Apache-2.0"}
"""What only an older Python takes, as the image's is; a newer one beside it cannot tell its licence."""

_VIEWER: Final = (
    "The page `/docs` is Scalar (`@scalar/api-reference`, MIT) in one file.\n"
    "The packages in that file, their licences and copyright notices are in `service/web/docs/scalar.js.LICENSE.txt`."
)

_SPDX: Final = {"BSD License": "BSD-3-Clause", "MIT License": "MIT"}


def on_this_platform() -> dict[str, str]:
    """Every library of the lock with its version, without those for Windows alone, which no image takes."""
    entries = re.findall(r"^([\w.-]+)==(\S+) (.*)\\$", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: version for name, version, only in entries if "win32" not in only}


def licence(name: str) -> str:
    """The licence as an SPDX expression: what the library itself says, the newest way of saying it first."""
    if name in _OLDER:
        return _OLDER[name]
    told = metadata(name)
    classified = [line.rpartition(" :: ")[2] for line in told.get_all("Classifier") or () if line.startswith("License")]
    first = (told.get("License") or "").splitlines()[:1]
    said: str = told.get("License-Expression") or next(iter(first or classified), "unknown")
    return _SPDX.get(said, said)


def page() -> str:
    """The whole page."""
    rows = [f"| {name} | {version} | {licence(name)} |" for name, version in on_this_platform().items()]
    return "\n".join(
        [
            "# Licences",
            "",
            "The libraries of the image, from its lock. It also has the service (Apache-2.0), Python and Debian.",
            f"Allowed licences: {', '.join(sorted(ALLOWED))}.",
            "",
            "| library | version | licence |",
            "|---|---|---|",
            *rows,
            "",
            _VIEWER,
            "",
        ]
    )


if __name__ == "__main__":
    sys.stdout.write(page())
