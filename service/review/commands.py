"""The commands `check`, `scorecard`, `diff` and `review`.

They evaluate the knowledge.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from service import settings
from service.errors import Issue, KnowledgeFault
from service.knowledge import loader
from service.review import sheet, vignettes
from service.review.cases import replay
from service.review.diff import compare, since_review
from service.review.readings import level_jumps
from service.review.scorecard import score
from service.review.signing import sign


def add(commands: Any) -> None:
    """Add the commands to the subparsers of a command line."""
    checking = commands.add_parser("check", help="report all faults of the knowledge")
    scoring = commands.add_parser("scorecard", help="compare the vignettes with the expected results")
    for parser, run in ((checking, check), (scoring, scorecard)):
        _add_folder(parser)
        parser.set_defaults(run=run)

    comparing = commands.add_parser(
        "diff", help="list the changes between two knowledge folders, and the cases that change"
    )
    comparing.add_argument(
        "--signed", action="store_true", help="list the entries of one folder that changed since they were signed"
    )
    comparing.add_argument(
        "folders", nargs="*", metavar="FOLDER", help="OLD and NEW, or at most one folder with --signed"
    )
    comparing.set_defaults(run=diff, parser=comparing)

    reviewing = commands.add_parser("review", help="export entries for a review by a clinician, and import the result")
    actions = reviewing.add_subparsers(required=True, metavar="action")
    exporting = actions.add_parser("export", help="write the entries that are not signed into a new CSV file")
    importing = actions.add_parser("import", help="sign the entries that a completed CSV file approves")
    for parser, run in ((exporting, export), (importing, import_)):
        parser.add_argument("file", metavar="FILE", help="the CSV file")
        _add_folder(parser)
        parser.set_defaults(run=run)


def check(chosen: argparse.Namespace) -> int:
    """Check the knowledge, its cases and the levels of its readings.

    Prints the version, the digest and the number of entries.
    """
    folder = _folder(chosen.folder)
    knowledge = loader.load(folder)
    stories = vignettes.read(folder, knowledge)
    if issues := (*replay(knowledge), *level_jumps(knowledge)):
        raise KnowledgeFault(issues)
    print(
        f"{knowledge.policy.version} {knowledge.digest}: {len(knowledge.findings)} findings, "
        f"{len(knowledge.red_flags)} red flags, {len(knowledge.causes)} causes, {len(knowledge.fixes)} fixes, "
        f"{len(stories)} vignettes"
    )
    return 0


def scorecard(chosen: argparse.Namespace) -> int:
    """Print the scorecard of the knowledge.

    Each vignette with another result goes to standard error.
    """
    folder = _folder(chosen.folder)
    knowledge = loader.load(folder)
    card = score(knowledge, vignettes.read(folder, knowledge))
    print(card.table())
    for line in card.differences():
        print(line, file=sys.stderr)
    return 0


def diff(chosen: argparse.Namespace) -> int:
    """Print the changes between two knowledge folders.

    With `--signed`, print the changes in one folder since its entries were signed.
    """
    if chosen.signed:
        if len(chosen.folders) > 1:
            chosen.parser.error("--signed takes one FOLDER at most")
        print(since_review(loader.load(_folder(*chosen.folders))))
        return 0
    if len(chosen.folders) != 2:  # noqa: PLR2004 (OLD and NEW)
        chosen.parser.error("give OLD and NEW, or --signed")
    folders = Path(chosen.folders[0]), Path(chosen.folders[1])
    if gone := [Issue(str(folder), "", "is not a folder") for folder in folders if not folder.is_dir()]:
        raise KnowledgeFault(tuple(gone))
    old, new = (loader.load(folder) for folder in folders)
    stories = (*vignettes.read(folders[1], new), *vignettes.read(folders[0], old))
    print(compare(old, new, stories))
    return 0


def export(chosen: argparse.Namespace) -> int:
    """Write the sheet of entries to review into a new file.

    The file must not exist, so a completed sheet is never overwritten.
    """
    content = sheet.write(loader.load(_folder(chosen.folder)))
    with Path(chosen.file).open("xb") as file:
        file.write(content)
    return 0


def import_(chosen: argparse.Namespace) -> int:
    """Sign the entries that a completed sheet approves.

    Prints the result and the comments.
    """
    folder = _folder(chosen.folder)
    print(sign(folder, loader.load(folder), chosen.file, Path(chosen.file).read_bytes()))
    return 0


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", nargs="?", metavar="FOLDER", help="the knowledge folder; by default the configured one"
    )


def _folder(name: str | None = None) -> Path:
    return Path(name) if name else settings.read(os.environ).knowledge_folder(loader.SHIPPED)
