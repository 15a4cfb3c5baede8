"""The commands that a page has its reader type: the lines of its blocks, and what stands in its sentences."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

RUNBOOK: Final = (Path(__file__).parents[2] / "deploy" / "monitoring" / "runbook.md").read_text(encoding="utf-8")
_BLOCK: Final = re.compile(r"^ *```bash\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_SPAN: Final = re.compile(r"`((?:promtool|kubectl|curl|docker|logs) [^`\s]+ [^`]+|inside|outside)`")

SETUP: Final = _BLOCK.findall(RUNBOOK)[0]
"""What the runbook has typed first: the variables and functions that its other commands use."""


def commands(text: str) -> list[str]:
    """Every command of a page, without the set-up of the runbook."""
    lines = [line.strip() for block in _BLOCK.findall(text) if block != SETUP for line in block.splitlines()]
    return [*lines, *_SPAN.findall(_BLOCK.sub("", text))]
