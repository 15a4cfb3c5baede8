"""The command line: the same bytes as the API, every fault named, exit codes that mean something."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from service import cli
from service.engine import Engine

GOOD = b'{"findings": {"ache": true}}'


class Input:
    """Standard input with these bytes."""

    def __init__(self, sent: bytes) -> None:
        self.buffer = io.BytesIO(sent)


@pytest.fixture(autouse=True)
def _small(small_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "openapi.yaml").write_bytes(b"openapi: 3.1.0\n")
    monkeypatch.setattr(os, "environ", dict(os.environ))  # options of `serve` are written there for its workers
    monkeypatch.setenv("TRIAGE_KNOWLEDGE", str(small_folder))
    monkeypatch.setenv("TRIAGE_CONTRACT", str(tmp_path / "openapi.yaml"))


def test_assess_prints_the_bytes_of_the_api(
    tmp_path: Path, small_engine: Engine, capfdbinary: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file and standard input give the bytes that `POST /assess` gives."""
    (tmp_path / "request.json").write_bytes(GOOD)
    expected = small_engine.answer(small_engine.read(GOOD)).body
    assert cli.main(["assess", str(tmp_path / "request.json")]) == 0
    sys.stdout.flush()
    from_file = capfdbinary.readouterr().out
    monkeypatch.setattr("sys.stdin", Input(GOOD))
    assert cli.main(["assess", "-"]) == 0
    sys.stdout.flush()
    assert json.loads(expected)["triage"] == json.loads(from_file)["triage"]
    assert capfdbinary.readouterr().out == from_file


def test_a_bad_request_is_a_problem_on_standard_error(capfdbinary: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused request gives the problem, no answer, and 2."""
    monkeypatch.setattr("sys.stdin", Input(b"{}"))
    assert cli.main(["assess", "-"]) == 2
    sys.stderr.flush()
    out, err = capfdbinary.readouterr()
    assert out == b""
    assert json.loads(err)["status"] == 422


def test_check_says_what_the_knowledge_holds(capsys: Any, small_folder: Path) -> None:
    """Knowledge without a fault is named by version, digest and size."""
    assert cli.main(["check"]) == cli.main(["check", str(small_folder)]) == 0
    assert "5 red flags, 2 causes" in capsys.readouterr().out


def test_check_names_every_fault(capsys: Any, tmp_path: Path) -> None:
    """Each fault is one line with its file, and the exit code is 1."""
    assert cli.main(["check", str(tmp_path)]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert any(line.startswith("policy.yaml: ") for line in lines)
    assert any(line.startswith("levels.yaml: ") for line in lines)


def test_openapi_prints_the_contract(capfdbinary: Any) -> None:
    """The contract is printed byte for byte."""
    assert cli.main(["openapi"]) == 0
    sys.stdout.flush()
    assert capfdbinary.readouterr().out == b"openapi: 3.1.0\n"


def test_wrong_settings_and_files_end_with_1(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setup that cannot work says why, before anything is served."""
    assert cli.main(["assess", "no/such/file"]) == 1
    monkeypatch.setenv("TRIAGE_PORT", "many")
    monkeypatch.setenv("TRIAGE_PROT", "1")
    assert cli.main(["serve"]) == 1
    monkeypatch.delenv("TRIAGE_PORT")
    monkeypatch.delenv("TRIAGE_PROT")
    monkeypatch.setenv("TRIAGE_CONTRACT", "no/such/contract")
    assert cli.main(["openapi"]) == 1
    assert cli.main(["serve", "--workers", "2"]) == 1
    said = capsys.readouterr().err
    assert "no/such/file" in said
    assert "TRIAGE_PORT" in said
    assert "TRIAGE_PROT" in said
    assert "TRIAGE_CONTRACT" in said


def test_a_wrong_command_ends_with_2() -> None:
    """A command that is none is the caller's mistake."""
    with pytest.raises(SystemExit) as caught:
        cli.main(["triage"])
    assert caught.value.code == 2
