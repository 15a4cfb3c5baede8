"""Print the licences of the image's libraries, for `deploy/licences.md`."""

from __future__ import annotations

import re
import sys
from importlib.metadata import metadata
from pathlib import Path
from typing import Final

LOCK: Final = Path(__file__).parents[2] / "requirements/runtime.lock"
ALLOWED: Final = {"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "MIT", "MPL-2.0", "PSF-2.0"}
"""Licences that allow use, change and distribution; MPL requires the source of its changed files."""

_OLDER: Final = {"async-timeout": "Apache-2.0"}
"""Libraries for older Pythons such as the image's; a newer Python here does not know their licence."""

_VIEWER: Final = (
    "The page `/docs` is Scalar (`@scalar/api-reference`, MIT) in one file.\n"
    "The packages in that file, their licences and copyright notices are in `service/web/docs/scalar.js.LICENSE.txt`."
)

_SPDX: Final = {"BSD License": "BSD-3-Clause", "MIT License": "MIT"}


def on_this_platform() -> dict[str, str]:
    """Every library of the lock with its version, except for Windows."""
    entries = re.findall(r"^([\w.-]+)==(\S+) (.*)\\$", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: version for name, version, only in entries if "win32" not in only}


def licence(name: str) -> str:
    """The licence as an SPDX expression, from the library's newest field."""
    if name in _OLDER:
        return _OLDER[name]
    fields = metadata(name)
    classified = [
        line.rpartition(" :: ")[2] for line in fields.get_all("Classifier") or () if line.startswith("License")
    ]
    first = (fields.get_all("License") or [""])[0].splitlines()[:1]
    named: str = next(iter(fields.get_all("License-Expression") or first or classified), "unknown")
    return _SPDX.get(named, named)


def page() -> str:
    """The complete page."""
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
