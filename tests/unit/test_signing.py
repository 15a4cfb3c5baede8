"""Reviews: exported as a sheet, completed, and imported into the files."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from service import cli
from service.errors import KnowledgeFault
from service.knowledge import loader
from service.knowledge.knowledge import Knowledge
from service.knowledge.reviews import counts, digest_of, entries, state_of
from service.review import sheet
from service.review.signing import Outcome, sign

_SIGNATURE = {"by": "A. Reader", "role": 'a "general" practitioner', "on": "2026-01-31", "verdict": "approved"}
Row = dict[str, str]


@pytest.fixture
def folder(tmp_path: Path, small_folder: Path) -> Path:
    """A copy of the small knowledge with comments."""
    copy = shutil.copytree(small_folder, tmp_path / "knowledge")
    for path in copy.rglob("*.yaml"):
        path.write_text(f"# Kept as it is.\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    return copy


def _rows(knowledge: Knowledge) -> list[Row]:
    return list(csv.DictReader(io.StringIO(sheet.write(knowledge).decode("utf-8-sig"), newline="")))


def _sheet(rows: list[Row], delimiter: str = ",") -> bytes:
    text = io.StringIO(newline="")
    written = csv.DictWriter(text, rows[0].keys(), delimiter=delimiter)
    written.writeheader()
    written.writerows(rows)
    return text.getvalue().encode()


def _completed(folder: Path, **verdicts: dict[str, str]) -> list[Row]:
    """The rows of an export, with verdicts by entry id."""
    rows = _rows(loader.load(folder))
    for row in rows:
        row.update(verdicts.get(row["id"], {}))
    return rows


def _sign(folder: Path, rows: list[Row], delimiter: str = ",") -> Outcome:
    return sign(folder, loader.load(folder), "sheet.csv", _sheet(rows, delimiter))


def _contents(folder: Path) -> dict[Path, str]:
    return {path: path.read_text(encoding="utf-8") for path in folder.rglob("*.*")}


def test_a_sheet_lists_unsigned_entries_most_urgent_first(folder: Path) -> None:
    """Each entry without a review has one row with its digest; signed entries have none."""
    knowledge = loader.load(folder)
    rows = _rows(knowledge)
    assert [f"{row['kind']}/{row['id']}" for row in rows] == list(entries(knowledge))
    assert [row["id"] for row in rows[:2]] == ["heat", "clot"]
    assert {row["digest"] for row in rows} == {digest_of(entry) for entry in entries(knowledge).values()}
    _sign(folder, _completed(folder, heat=_SIGNATURE))
    assert "heat" not in {row["id"] for row in _rows(loader.load(folder))}


def test_a_row_can_be_read_without_the_files(folder: Path) -> None:
    """Title, level, condition, advice, grade and sources are in words, and the columns to complete are empty."""
    clot = next(row for row in _rows(loader.load(folder)) if row["id"] == "clot")
    assert (clot["title"], clot["level"], clot["evidence"]) == ("Possible clot", "emergency", "E3")
    assert clot["condition"] == "all of:\n  - Sign 1\n  - at least one of:\n      - Sign 2\n      - Severe pain"
    assert "See someone." in clot["advice"]
    assert clot["sources"] == "book A book"
    assert [clot[column] for column in ("by", "role", "on", "verdict", "comment")] == [""] * 5


def test_a_sheet_marks_entries_changed_since_their_review(folder: Path) -> None:
    """A changed entry is exported again, marked as changed."""
    _sign(folder, _completed(folder, drink=_SIGNATURE))
    path = folder / "fixes" / "drink.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("title: Drink", "title: Drink more"), encoding="utf-8")
    states = {row["id"]: row["state"] for row in _rows(loader.load(folder))}
    assert (states["drink"], states["rest_it"]) == ("changed since its review", "not reviewed")


def test_no_cell_of_the_shipped_sheet_is_a_formula(shipped: Knowledge) -> None:
    """No cell starts with a sign that makes it a formula."""
    assert [cell for row in _rows(shipped) for cell in row.values() if cell.startswith(("=", "+", "-", "@"))] == []


def test_each_row_of_the_shipped_sheet_describes_its_entry(shipped: Knowledge) -> None:
    """Rules have their condition, and all except derivations and causes their advice."""
    for row in _rows(shipped):
        assert row["title"]
        assert row["condition"] or row["kind"] in ("levels", "fixes", "running"), row["id"]
        assert row["advice"] or row["kind"] == "derivations", row["id"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_an_approved_entry_is_signed(folder: Path, delimiter: str) -> None:
    """Entries of each kind are signed, whatever separator the spreadsheet program uses."""
    ids = ("clot", "self_care", "load", "drink", "jump", "pause")
    outcome = _sign(folder, _completed(folder, **dict.fromkeys(ids, _SIGNATURE)), delimiter)
    knowledge = loader.load(folder)
    signed = [key for key, entry in entries(knowledge).items() if state_of(entry) == "reviewed"]
    assert signed == outcome.signed
    assert [key.partition("/")[2] for key in signed] == ["clot", "self_care", "load", "drink", "jump", "pause"]
    review = knowledge.red_flags["clot"].review
    assert review is not None
    assert (review.by, review.role, review.on) == ("A. Reader", 'a "general" practitioner', "2026-01-31")


def test_signing_adds_the_review_and_changes_nothing_else(folder: Path) -> None:
    """Existing lines and comments are unchanged, and the lines of the review are added."""
    before = _contents(folder)
    _sign(folder, _completed(folder, clot=_SIGNATURE, self_care=_SIGNATURE, pause=_SIGNATURE))
    for path, text in _contents(folder).items():
        lines = text.splitlines()
        added = [line.strip() for line in lines if line not in before[path].splitlines()]
        kept = [line for line in lines if line.strip() not in added]
        assert kept == before[path].splitlines()
        names = [line.partition(":")[0] for line in added]
        assert names in ([], ["review", "by", "role", '"on"', "digest"])


def test_a_second_review_replaces_the_first(folder: Path) -> None:
    """An entry has one review, the last one."""
    rows = _completed(folder, clot=_SIGNATURE, self_care=_SIGNATURE)
    _sign(folder, rows)
    first = _contents(folder)
    for row in rows:
        row["by"] = row["by"] and "B. Reader"
    _sign(folder, rows)
    assert _contents(folder) == {path: text.replace("A. Reader", "B. Reader") for path, text in first.items()}


def test_only_a_verdict_signs(folder: Path) -> None:
    """Rejected entries and rows without a verdict stay unsigned, and each comment is shown."""
    named = {**_SIGNATURE, "verdict": ""}
    rejected = {**_SIGNATURE, "verdict": "Rejected", "comment": "Too low."}
    before = _contents(folder)
    outcome = _sign(folder, _completed(folder, clot=rejected, heat=named, drink={"comment": "Tea?"}))
    assert _contents(folder) == before
    assert str(outcome).splitlines() == [
        "0 entries signed, 1 rejected",
        "rejected red_flags/clot",
        "comment on red_flags/clot: Too low.",
        "comment on fixes/drink: Tea?",
    ]


def _change(id_: str, **cells: str) -> Callable[[list[Row]], Any]:
    return lambda rows: next(row for row in rows if row["id"] == id_).update(cells)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_change("heat", digest="sha256:00"), "row 2: digest: 'red_flags/heat' has changed since the export"),
        (_change("heat", verdict="yes"), "row 2: verdict: must be approved, rejected or empty"),
        (_change("heat", by=""), "row 2: by: must be 2 to 120 characters"),
        (_change("heat", role="x" * 121), "row 2: role: must be 2 to 120 characters"),
        (_change("heat", on="31.01.2026"), "row 2: on: must be a date such as 2026-01-31"),
        (_change("heat", on="2026-02-30"), "row 2: on: must be a date such as 2026-01-31"),
        (_change("heat", id="heart"), "row 2: 'red_flags/heart' is not an entry that is reviewed"),
        (_change("clot", id="heat", verdict="rejected"), "row 3: 'red_flags/heat' has a verdict in another row"),
        (lambda rows: [row.pop("verdict") for row in rows], "row 1: has no column 'verdict'"),
    ],
)
def test_a_faulty_sheet_is_refused(folder: Path, change: Callable[[list[Row]], Any], says: str) -> None:
    """The fault names row and column, and no file changes."""
    rows, before = _completed(folder, heat=_SIGNATURE, clot=_SIGNATURE), _contents(folder)
    change(rows)
    with pytest.raises(KnowledgeFault) as caught:
        _sign(folder, rows)
    assert any(str(issue).startswith(f"sheet.csv: {says}") for issue in caught.value.issues)
    assert _contents(folder) == before


def test_all_faults_of_a_sheet_are_named_at_once(folder: Path) -> None:
    """Two faults in one row and one in another are three issues."""
    faulty = {**_SIGNATURE, "by": "", "on": "today"}
    with pytest.raises(KnowledgeFault) as caught:
        _sign(folder, _completed(folder, heat=faulty, clot={**_SIGNATURE, "digest": ""}))
    assert [issue.path for issue in caught.value.issues] == ["row 2", "row 2", "row 3"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("kind;id\nMüller".encode("latin-1"), "is not UTF-8: save it as CSV in UTF-8"),
        (b'"' + b"x" * 200_000 + b'"', "is not CSV: field larger than field limit (131072)"),
        (b"", "has no column 'kind'"),
    ],
)
def test_a_file_that_is_not_a_sheet_is_refused(folder: Path, content: bytes, says: str) -> None:
    """The message gives the reason, without a traceback."""
    with pytest.raises(KnowledgeFault) as caught:
        sign(folder, loader.load(folder), "sheet.csv", content)
    assert caught.value.issues[0].says == says


def test_a_file_in_flow_style_is_not_changed(folder: Path) -> None:
    """A file without block layout is reported and not changed."""
    rows = _completed(folder, clot=_SIGNATURE, heat=_SIGNATURE)
    path = folder / "red_flags" / "heat.yaml"
    rule = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump(rule, default_flow_style=True), encoding="utf-8")
    before = _contents(folder)
    with pytest.raises(KnowledgeFault, match="1 faults") as caught:
        _sign(folder, rows)
    assert str(caught.value.issues[0]).startswith("red_flags/heat.yaml: has an unexpected layout")
    assert _contents(folder) == before


def test_the_commands_export_and_import(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An export never overwrites a file, and `diff --signed` lists the entries still unsigned."""
    file = tmp_path / "review.csv"
    assert cli.main(["review", "export", str(file), str(folder)]) == 0
    exported = file.read_bytes()
    assert cli.main(["review", "export", str(file), str(folder)]) == 1
    assert file.read_bytes() == exported
    file.write_bytes(_sheet(_completed(folder, clot=_SIGNATURE)))
    capsys.readouterr()
    assert cli.main(["review", "import", str(file), str(folder)]) == 0
    assert capsys.readouterr().out == "1 entries signed, 0 rejected\n"
    path = folder / "red_flags" / "clot.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("See someone.", "See a doctor."), encoding="utf-8")
    assert cli.main(["diff", "--signed", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    unsigned = counts(loader.load(folder))["not_reviewed"]
    assert lines[0] == f"0 reviewed, 1 changed, {unsigned} not reviewed"
    assert lines[1].startswith("changed red_flags/clot: signed by A. Reader")
    assert lines[2] == "not reviewed red_flags/heat"
    assert len(lines) == 2 + unsigned


@pytest.mark.parametrize("arguments", [["--signed", "a", "b"], ["a"], []])
def test_diff_with_too_many_or_too_few_folders_is_refused(arguments: list[str]) -> None:
    """`diff` needs two folders, or at most one with `--signed`."""
    with pytest.raises(SystemExit) as caught:
        cli.main(["diff", *arguments])
    assert caught.value.code == 2
