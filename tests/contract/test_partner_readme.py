"""The claims of the page for partners are true."""

from __future__ import annotations

import re

from service.contract import SHIPPED
from service.contract.__main__ import main
from service.problems import KINDS

_PAGE = (SHIPPED / "README.md").read_text(encoding="utf-8")
_ROOT = SHIPPED.parent
_CONTRIBUTING = (_ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
_PARTS = (
    "1. A first response",
    "2. The conversation",
    "3. Display",
    "4. Batches",
    "5. Errors",
    "6. Tests in your CI",
    "Files",
)


def test_the_page_is_short_and_in_the_order_of_the_work() -> None:
    """The page has at most 8 KB and follows the order of an integration, from first response to CI."""
    assert len(_PAGE.encode()) <= 8_192
    assert tuple(re.findall(r"^## (.+)$", _PAGE, re.MULTILINE)) == _PARTS


def test_every_file_named_is_there() -> None:
    """Every path on the page exists."""
    named = set(re.findall(r"[@`]((?:clients|examples)/[A-Za-z_.]+)[`\s]", _PAGE))
    assert named
    assert [path for path in named if not (SHIPPED / path).is_file()] == []


def test_the_table_lists_the_folder() -> None:
    """The tables list every file of the folder and every sample, and only files that exist."""
    rows = re.findall(r"^\| `([^`]+)` \|", _PAGE, re.MULTILINE)
    files = {row for row in rows if "." in row and "<" not in row}
    samples = {f"clients/{file.name}" for file in (SHIPPED / "clients").iterdir()}
    assert {file.name for file in SHIPPED.iterdir() if file.is_file()} | samples == files | {"README.md"}


def test_the_statuses_are_those_of_the_service() -> None:
    """The page has advice for every status of a refusal to a well-formed request, and for no other."""
    rows = re.findall(r"^\| ((?:\d{3}(?:, )?)+) \|", _PAGE, re.MULTILINE)
    listed = {int(status) for row in rows for status in row.split(", ")}
    assert listed == {kind.status for kind in KINDS} - {431, 501, 505}


def test_every_command_for_changing_the_contract_exists() -> None:
    """The targets run the modules that write the files; the committed files are up to date."""
    named = {name: f"`make {name}`" in _CONTRIBUTING for name in ("openapi", "postman", "release-contract")}
    assert named == dict.fromkeys(named, True)
    assert "`.venv/bin/python -m service.contract`" in _CONTRIBUTING
    recipes = (_ROOT / "Makefile").read_text(encoding="utf-8")
    for written in (" tests/contract/conversation.py", " -m service.contract --write", " -m tests.consumers.postman"):
        assert f"python{written}\n" in recipes
    assert main([]) == 0
