"""The loader: every fault of a folder, with file and path."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from service.errors import Issue, KnowledgeFault
from service.knowledge.loader import load

Change = Callable[[Path], object]


@pytest.fixture
def folder(small_folder: Path, tmp_path: Path) -> Path:
    """A copy of the small knowledge, to be changed by a test."""
    return Path(shutil.copytree(small_folder, tmp_path / "knowledge"))


def _issues(folder: Path) -> list[Issue]:
    with pytest.raises(KnowledgeFault) as refused:
        load(folder)
    assert str(refused.value) == f"{len(refused.value.issues)} faults in the knowledge"
    return list(refused.value.issues)


def test_a_sound_folder_loads_and_its_digest_is_its_content(folder: Path, small_folder: Path) -> None:
    """Equal folders have equal digests, and one changed word changes the digest."""
    digest = load(folder).digest
    assert digest == load(small_folder).digest
    assert digest.startswith("sha256:")
    notices = folder / "notices.yaml"
    notices.write_text(notices.read_text(encoding="utf-8").replace("No diagnosis.", "No diagnosis!"), encoding="utf-8")
    assert load(folder).digest != digest


@pytest.mark.parametrize(
    ("change", "issue"),
    [
        (lambda folder: (folder / "policy.yaml").unlink(), Issue("policy.yaml", "", "is missing")),
        (lambda folder: shutil.rmtree(folder / "fixes"), Issue("fixes", "", "is missing")),
        (lambda folder: (folder / "extra.yaml").touch(), Issue("extra.yaml", "", "is not a file of the knowledge")),
        (
            lambda folder: (folder / "fixes" / "notes.txt").touch(),
            Issue("fixes/notes.txt", "", "is not a YAML file"),
        ),
        (
            lambda folder: (folder / "fixes" / "drink.yaml").rename(folder / "fixes" / "sip.yaml"),
            Issue("fixes/sip.yaml", "id", "must be the file's name, 'sip'"),
        ),
        (
            lambda folder: (folder / "speakers.yaml").write_bytes(b"a: \xff"),
            Issue("speakers.yaml", "", "is not UTF-8"),
        ),
        (
            lambda folder: (folder / "speakers.yaml").write_text("a: 1\na: 2\n"),
            Issue("speakers.yaml", "", "the name 'a' is given twice (line 2, column 1)"),
        ),
        (
            lambda folder: (folder / "speakers.yaml").write_text("zoe: {name: Zoe}\n"),
            Issue("speakers.yaml", "[...]", "Object missing required field `role`"),
        ),
        (
            lambda folder: (folder / "speakers.yaml").write_text("zoe: {name: Zoe, role: Coach, age: 7}\n"),
            Issue("speakers.yaml", "[...]", "Object contains unknown field `age`"),
        ),
        (
            lambda folder: (folder / "findings" / "more.yaml").write_text(
                "subject: More.\nfindings: {ache: {question: 'Ache?', kind: boolean}}\n"
            ),
            Issue("findings/more.yaml", "findings.ache", "is in another file already"),
        ),
    ],
)
def test_a_broken_folder_names_file_and_path(folder: Path, change: Change, issue: Issue) -> None:
    """An unreadable file has a fault with its path and the reason."""
    change(folder)
    assert issue in _issues(folder)


def test_all_faults_are_reported_at_once(folder: Path) -> None:
    """Loading continues after the first fault; the rules across files need all files."""
    (folder / "policy.yaml").unlink()
    (folder / "speakers.yaml").write_text("a: [\n")
    (folder / "findings" / "more.yaml").write_text("[]\n")
    assert {issue.file for issue in _issues(folder)} == {"policy.yaml", "speakers.yaml", "findings/more.yaml"}


def test_the_rules_across_files_are_checked(folder: Path) -> None:
    """A dangling id is an issue of the complete knowledge."""
    fix = folder / "fixes" / "drink.yaml"
    fix.write_text(fix.read_text(encoding="utf-8").replace("instead: rest_it", "instead: nothing"), encoding="utf-8")
    (issue,) = _issues(folder)
    assert str(issue) == "fixes/drink.yaml: instead: 'nothing' is not a fix"


def test_a_folder_that_is_not_there_is_one_fault(tmp_path: Path) -> None:
    """A missing folder has no other faults."""
    assert _issues(tmp_path / "nowhere") == [Issue("nowhere", "", "is not a folder")]


def test_faults_of_the_reference_are_reported_with_those_of_the_folder(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row in two files and a row without a text are named by the file of the reference."""
    reference = tmp_path / "reference"
    reference.mkdir()
    (reference / "a.yaml").write_text('RF01: {text: "A row.", sources: []}')
    (reference / "b.yaml").write_text('RF01: {text: "A row.", sources: []}')
    (reference / "c.yaml").write_text("RF02: {sources: []}")
    monkeypatch.setattr("service.knowledge.loader._REFERENCE", reference)
    assert _issues(folder) == [
        Issue("reference/b.yaml", "RF01", "is in another file already"),
        Issue("reference/c.yaml", "[...]", "Object missing required field `text`"),
    ]
