"""The command line: the same bytes as the API, every fault named, exit codes that mean something."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from service import cli
from service.access.keys_file import read
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
    monkeypatch.setattr("sys.stdin", Input(b"[]"))
    assert cli.main(["assess", "-"]) == 2
    sys.stderr.flush()
    out, err = capfdbinary.readouterr()
    assert out == b""
    assert json.loads(err)["status"] == 422


def _smooth(small_folder: Path, folder: Path) -> Path:
    """A copy of the small knowledge in which one step of a reading changes the level by one."""
    shutil.copytree(small_folder, folder)
    heat = folder / "red_flags" / "heat.yaml"
    heat.write_text(heat.read_text(encoding="utf-8").replace("emergency_ambulance", "consultation"), encoding="utf-8")
    return folder


def test_check_says_what_the_knowledge_holds(capsys: Any, small_folder: Path, tmp_path: Path) -> None:
    """Knowledge without a fault is named by version, digest and size."""
    assert cli.main(["check", str(_smooth(small_folder, tmp_path / "smooth"))]) == 0
    assert "5 red flags, 2 causes" in capsys.readouterr().out


def test_check_names_a_cliff_of_a_reading(capsys: Any, small_folder: Path) -> None:
    """Two neighbouring values with levels that are far apart are a fault of the finding."""
    assert cli.main(["check"]) == cli.main(["check", str(small_folder)]) == 1
    assert "findings: temp: self_care at 39.9 and emergency_ambulance at 40" in capsys.readouterr().err


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


@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_address_that_is_taken_ends_with_1(capsys: Any, workers: str) -> None:
    """In one line that names it, and before anything is served."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert cli.main(["serve", "--port", port, "--workers", workers]) == cli.WRONG_SETUP
    says = "Address already in use; choose another port with TRIAGE_PORT or `make run PORT=8081`"
    assert capsys.readouterr().err == f"127.0.0.1:{port}: {says}\n"


def test_a_wrong_command_ends_with_2() -> None:
    """A command that is none is the caller's mistake."""
    with pytest.raises(SystemExit) as caught:
        cli.main(["triage"])
    assert caught.value.code == 2


def test_a_key_is_printed_with_the_lines_that_let_it_in(capsys: Any, tmp_path: Path) -> None:
    """What is printed can be put into the file as it stands, holds the hash alone, and lets the key in."""
    assert cli.main(["key", "partner-1"]) == 0
    before, _, lines = capsys.readouterr().out.partition("partners:")
    (made,) = [line for line in before.splitlines() if line.startswith("triage_")]
    assert made not in lines
    file = tmp_path / "keys.yaml"
    file.write_text("partners:" + lines)
    (partner,) = read(file).values()
    assert (partner.id, partner.hash) == ("partner-1", hashlib.sha256(made.encode()).hexdigest())


def test_a_name_that_the_file_would_refuse_gets_no_key(capsys: Any) -> None:
    """The command and the file agree on what a partner may be called."""
    with pytest.raises(SystemExit):
        cli.main(["key", "Partner One"])
    assert "lower-case letters" in capsys.readouterr().err


@pytest.mark.parametrize("workers", ["1", "2"])
def test_wrong_keys_and_a_wrong_store_end_with_1_and_are_told_together(
    capfd: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, workers: str
) -> None:
    """Both are named at once before anything is served, however many workers, and no secret is shown."""
    (tmp_path / "keys.yaml").write_text("partners: {one: {keys: {}}, two: {keys: {k: {sha256: secret}}}}")
    monkeypatch.setenv("TRIAGE_KEYS", str(tmp_path / "keys.yaml"))
    monkeypatch.setenv("TRIAGE_LIMIT_STORE", "redis://:secret@store:secret/0")
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    try:
        assert cli.main(["serve", "--port", "0", "--workers", workers]) == cli.WRONG_SETUP
    finally:
        root.handlers = handlers
        root.setLevel(level)
    told = capfd.readouterr().err
    assert [line.partition(":")[0] for line in told.splitlines()] == ["TRIAGE_KEYS"] * 2 + ["TRIAGE_LIMIT_STORE"]
    assert "secret" not in told


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("text", ["# Runner triage\n", "a: [\n", "openapi\n", "services: {}\n", "\0"])
def test_a_file_that_is_no_contract_is_not_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, text: str, workers: str
) -> None:
    """A partner who reads the contract of something else would build on it."""
    (tmp_path / "other").write_text(text)
    monkeypatch.setenv("TRIAGE_CONTRACT", str(tmp_path / "other"))
    assert cli.main(["serve", "--port", "0", "--workers", workers]) == 1
    assert capsys.readouterr().err == "TRIAGE_CONTRACT: not an OpenAPI document\n"


def test_both_missing_folders_are_named(capsys: Any) -> None:
    """All that is wrong with a command is told in one go."""
    assert cli.main(["diff", "no-old", "no-new"]) == 1
    assert capsys.readouterr().err == "no-old: is not a folder\nno-new: is not a folder\n"


def test_answers_go_into_a_plain_file_or_to_standard_output(tmp_path: Path, capsys: Any) -> None:
    """What cannot be read again cannot be gone on with, and some of it is never full."""
    (tmp_path / "in").write_bytes(b"{}\n")
    os.mkfifo(tmp_path / "pipe")
    for out in (os.devnull, str(tmp_path / "pipe"), str(tmp_path)):
        assert cli.main(["assess", "--batch", str(tmp_path / "in"), out]) == 1
        assert capsys.readouterr().err == f"{out}: not a regular file; choose one, or - for standard output\n"


def _batch(tmp_path: Path, told: int) -> tuple[int, bytes]:
    """The exit code and the complaints of a batch whose answers go to this descriptor."""
    (tmp_path / "in").write_bytes(b"{}\n" * 2_000)
    command = [sys.executable, "-m", "service", "assess", "--batch", str(tmp_path / "in"), "-"]
    run = subprocess.run(command, env=os.environ, stdout=told, stderr=subprocess.PIPE, check=False)
    return run.returncode, run.stderr


def test_a_reader_that_leaves_is_no_error(tmp_path: Path) -> None:
    """`| head -1` has what it wanted."""
    reader, writer = os.pipe()
    os.close(reader)
    assert _batch(tmp_path, writer) == (141, b"")
    os.close(writer)


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A full disk says where."""
    with Path("/dev/full").open("wb") as full:
        assert _batch(tmp_path, full.fileno()) == (1, b"<stdout>: No space left on device\n")


def test_what_cannot_be_read_is_named(tmp_path: Path, capsys: Any) -> None:
    """An IN that fails is not taken for OUT."""
    assert cli.main(["assess", "--batch", "/proc/self/mem", str(tmp_path / "out.ndjson")]) == 1
    assert capsys.readouterr().err == "/proc/self/mem: Input/output error\n"
