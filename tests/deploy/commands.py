"""The commands on a page, in blocks and in sentences."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

RUNBOOK: Final = (Path(__file__).parents[2] / "deploy" / "monitoring" / "runbook.md").read_text(encoding="utf-8")
_BLOCK: Final = re.compile(r"^ *```bash\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_SPAN: Final = re.compile(r"`((?:promtool|kubectl|curl|docker|logs) [^`\s]+ [^`]+|inside|outside)`")

SETUP: Final = _BLOCK.findall(RUNBOOK)[0]
"""The first block of the runbook, with the variables and functions of the other commands."""


def commands(text: str) -> list[str]:
    """Every command of a page, without the set-up of the runbook."""
    lines = [line.strip() for block in _BLOCK.findall(text) if block != SETUP for line in block.splitlines()]
    return [*lines, *_SPAN.findall(_BLOCK.sub("", text))]
