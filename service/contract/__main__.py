"""`python -m service.contract` tells which built files of `openapi/` are out of date; `--write` rewrites them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from service.contract.folder import SHIPPED, stale, write
from service.knowledge.loader import load


def main(arguments: list[str] | None = None) -> int:
    """0 when every built file is what its sources make of it (or has just been written), else 1."""
    parser = argparse.ArgumentParser(prog="python -m service.contract", description=__doc__)
    parser.add_argument("--write", action="store_true", help="rewrite what is out of date")
    parser.add_argument("--folder", type=Path, default=SHIPPED, help="the folder of the contract")
    asked = parser.parse_args(arguments)
    paths = (write if asked.write else stale)(load(), asked.folder)
    sys.stdout.writelines(f"{'wrote' if asked.write else 'out of date'}: {path}\n" for path in paths)
    return 1 if paths and not asked.write else 0


if __name__ == "__main__":
    sys.exit(main())
