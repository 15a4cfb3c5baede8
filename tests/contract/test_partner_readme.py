"""What the page for partners claims is so."""

from __future__ import annotations

import re
import shlex

from service.contract import SHIPPED
from service.contract.__main__ import main
from service.problems import KINDS

_PAGE = (SHIPPED / "README.md").read_text(encoding="utf-8")
_ROOT = SHIPPED.parent


def test_every_file_named_is_there() -> None:
    """A partner who follows a path finds a file."""
    named = set(re.findall(r"`((?:openapi|examples|tests|service)/[a-z_/.]+)`|@(openapi/[a-z_/.]+)", _PAGE))
    paths = [path or at for path, at in named if "<" not in path + at]
    assert paths
    assert [path for path in paths if not (_ROOT / path).exists() and not (SHIPPED / path).exists()] == []


def test_the_folder_is_what_the_table_says() -> None:
    """Each file of the folder stands in the table, and each file in the table exists."""
    rows = re.findall(r"^\| `([^`]+)` \|", _PAGE, re.MULTILINE)
    files = {row for row in rows if "." in row and "<" not in row}
    assert {file.name for file in SHIPPED.iterdir() if file.is_file()} == files | {"README.md"}


def test_the_statuses_are_those_of_the_service() -> None:
    """Every status of a refusal to a well-formed request says what to do, and no other is listed."""
    rows = re.findall(r"^\| ((?:\d{3}(?:, )?)+) \|", _PAGE, re.MULTILINE)
    listed = {int(status) for row in rows for status in row.split(", ")}
    assert listed == {kind.status for kind in KINDS} - {431, 501, 505}


def test_every_command_for_changing_the_contract_exists() -> None:
    """The commands are taken as they are written; what is committed is up to date, so the first ends with 0."""
    (block,) = [block for block in re.findall(r"```bash\n(.*?)```", _PAGE, re.DOTALL) if "service.contract" in block]
    commands = [shlex.split(line, comments=True) for line in block.splitlines()]
    assert [command[3:] for command in commands if "service.contract" in command] == [[], ["--write"]]
    scripts = [command[1] for command in commands if "-m" not in command]
    assert scripts
    assert all((SHIPPED.parent / script).is_file() for script in scripts)
    assert main([]) == 0
