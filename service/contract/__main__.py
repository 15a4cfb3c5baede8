"""List the outdated files of `openapi/`; `--write` rewrites them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from service.contract.folder import SHIPPED, stale, write
from service.knowledge.loader import load


def main(arguments: list[str] | None = None) -> int:
    """List the outdated built files, or rewrite them.

    Returns 0 if every built file is up to date or was just written, else 1.
    """
    parser = argparse.ArgumentParser(prog="python -m service.contract", description=__doc__)
    parser.add_argument("--write", action="store_true", help="rewrite the files that are out of date")
    parser.add_argument("--folder", type=Path, default=SHIPPED, help="the folder of the contract")
    chosen = parser.parse_args(arguments)
    paths = (write if chosen.write else stale)(load(), chosen.folder)
    sys.stdout.writelines(f"{'wrote' if chosen.write else 'out of date'}: {path}\n" for path in paths)
    return 1 if paths and not chosen.write else 0


if __name__ == "__main__":
    sys.exit(main())
