"""The command line: the API's bytes, named faults, and exit codes."""

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
    (tmp_path / "openapi.json").write_bytes(b'{"openapi": "3.1.0"}')
    monkeypatch.setattr(os, "environ", dict(os.environ))  # `serve` writes options for its workers there
    monkeypatch.setenv("TRIAGE_KNOWLEDGE", str(small_folder))
    monkeypatch.setenv("TRIAGE_CONTRACT", str(tmp_path / "openapi.yaml"))


def test_assess_prints_the_bytes_of_the_api(
    tmp_path: Path, small_engine: Engine, capfdbinary: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file and standard input give the bytes of `POST /assess`."""
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
    """A refused request prints the problem on standard error and exits with 2."""
    monkeypatch.setattr("sys.stdin", Input(b"[]"))
    assert cli.main(["assess", "-"]) == 2
    sys.stderr.flush()
    out, err = capfdbinary.readouterr()
    assert out == b""
    assert json.loads(err)["status"] == 422


def _smooth(small_folder: Path, folder: Path) -> Path:
    """A small knowledge in which a step changes the level by one."""
    shutil.copytree(small_folder, folder)
    heat = folder / "red_flags" / "heat.yaml"
    heat.write_text(heat.read_text(encoding="utf-8").replace("emergency_ambulance", "consultation"), encoding="utf-8")
    return folder


def test_check_summarises_the_knowledge(capsys: Any, small_folder: Path, tmp_path: Path) -> None:
    """Sound knowledge is summarised by version, digest and size."""
    assert cli.main(["check", str(_smooth(small_folder, tmp_path / "smooth"))]) == 0
    assert "5 red flags, 2 causes" in capsys.readouterr().out


def test_check_names_a_cliff_of_a_reading(capsys: Any, small_folder: Path) -> None:
    """Two neighbouring values with distant levels are a fault of the finding."""
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
    """Invalid settings or files stop the command with a message before it serves."""
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
def test_an_address_in_use_ends_with_1(capsys: Any, workers: str) -> None:
    """One line names the address before anything is served."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert cli.main(["serve", "--port", port, "--workers", workers]) == cli.WRONG_SETUP
    says = "Address already in use; choose another port with TRIAGE_PORT or `make run PORT=8081`"
    assert capsys.readouterr().err == f"127.0.0.1:{port}: {says}\n"


def test_a_wrong_command_ends_with_2() -> None:
    """An unknown command exits with 2, for a usage error."""
    with pytest.raises(SystemExit) as caught:
        cli.main(["triage"])
    assert caught.value.code == 2


def test_a_key_is_printed_with_its_lines_of_the_keys_file(capsys: Any, tmp_path: Path) -> None:
    """The printed lines are valid in the keys file, contain only the hash, and accept the key."""
    assert cli.main(["key", "partner-1"]) == 0
    before, _, lines = capsys.readouterr().out.partition("partners:")
    (made,) = [line for line in before.splitlines() if line.startswith("triage_")]
    assert made not in lines
    file = tmp_path / "keys.yaml"
    file.write_text("partners:" + lines)
    (partner,) = read(file).values()
    assert (partner.id, partner.hash) == ("partner-1", hashlib.sha256(made.encode()).hexdigest())


def test_a_name_that_the_file_would_refuse_gets_no_key(capsys: Any) -> None:
    """The command rejects a partner name that the keys file would reject."""
    with pytest.raises(SystemExit):
        cli.main(["key", "Partner One"])
    assert "lower-case letters" in capsys.readouterr().err


@pytest.mark.parametrize("workers", ["1", "2"])
def test_wrong_keys_and_a_wrong_store_end_with_1_and_are_reported_together(
    capfd: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, workers: str
) -> None:
    """Faults of the keys and of the store are reported together, without a secret, for any number of workers."""
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
    output = capfd.readouterr().err
    assert [line.partition(":")[0] for line in output.splitlines()] == ["TRIAGE_KEYS"] * 2 + ["TRIAGE_LIMIT_STORE"]
    assert "secret" not in output


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize(
    "text", ["", "{", '"openapi"', '{"services": {}}', '{"openapi": 3}', '{"openapi": "\udcff"}', "\0", "[" * 100_000]
)
def test_a_file_that_is_no_contract_is_not_served(tmp_path: Path, capsys: Any, text: str, workers: str) -> None:
    """A file that is not an OpenAPI document stops the start."""
    (tmp_path / "openapi.json").write_text(text, errors="surrogateescape")
    assert cli.main(["serve", "--port", "0", "--workers", workers]) == 1
    assert capsys.readouterr().err == f"TRIAGE_CONTRACT: {tmp_path}/openapi.json is not an OpenAPI document\n"


def test_both_missing_folders_are_named(capsys: Any) -> None:
    """Both missing folders are reported at once."""
    assert cli.main(["diff", "no-old", "no-new"]) == 1
    assert capsys.readouterr().err == "no-old: is not a folder\nno-new: is not a folder\n"


def test_answers_go_into_a_plain_file_or_to_standard_output(tmp_path: Path, capsys: Any) -> None:
    """OUT must be a regular file or `-`, because a device or a pipe cannot be resumed."""
    (tmp_path / "in").write_bytes(b"{}\n")
    os.mkfifo(tmp_path / "pipe")
    for out in (os.devnull, str(tmp_path / "pipe"), str(tmp_path)):
        assert cli.main(["assess", "--batch", str(tmp_path / "in"), out]) == 1
        assert capsys.readouterr().err == f"{out}: not a regular file; choose one, or - for standard output\n"


def _batch(tmp_path: Path, descriptor: int) -> tuple[int, bytes]:
    """The exit code and the errors of a batch to this descriptor."""
    (tmp_path / "in").write_bytes(b"{}\n" * 2_000)
    command = [sys.executable, "-m", "service", "assess", "--batch", str(tmp_path / "in"), "-"]
    run = subprocess.run(command, env=os.environ, stdout=descriptor, stderr=subprocess.PIPE, check=False)
    return run.returncode, run.stderr


def test_a_reader_that_leaves_is_no_error(tmp_path: Path) -> None:
    """A closed pipe, as in `| head -1`, is not an error."""
    reader, writer = os.pipe()
    os.close(reader)
    assert _batch(tmp_path, writer) == (141, b"")
    os.close(writer)


def test_an_output_that_fails_is_named(tmp_path: Path) -> None:
    """The error names OUT if its disk is full."""
    with Path("/dev/full").open("wb") as full:
        assert _batch(tmp_path, full.fileno()) == (1, b"<stdout>: No space left on device\n")


def test_an_input_that_fails_is_named(tmp_path: Path, capsys: Any) -> None:
    """The error names IN, not OUT, if reading fails."""
    assert cli.main(["assess", "--batch", "/proc/self/mem", str(tmp_path / "out.ndjson")]) == 1
    assert capsys.readouterr().err == "/proc/self/mem: Input/output error\n"
