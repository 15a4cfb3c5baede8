"""Dependencies: locked by hash, licensed, and audited for vulnerabilities."""

from __future__ import annotations

import math
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.licences import ALLOWED, licence, on_this_platform, page

ROOT = Path(__file__).parents[2]
README = (ROOT / "deploy" / "README.md").read_text(encoding="utf-8")
LOCKS = sorted(ROOT.glob("requirements/*.lock"))
DATABASE = "api.osv.dev"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_dependency_is_locked_by_hash(lock: Path) -> None:
    """Each line is one exact version with its hashes, and no line has an address."""
    text = lock.read_text(encoding="utf-8")
    for entry in re.split(r"\n(?=\S)", text.strip()):
        assert re.match(r"[\w.-]+(\[[\w,-]+\])?==\S+ .*\\\n    --hash=sha256:[0-9a-f]{64}", entry), entry[:80]
    assert "://" not in text


def test_licences_are_listed_and_allowed() -> None:
    """`deploy/licences.md` equals the libraries' own data; each part of each is allowed, or one of a choice."""
    assert (ROOT / "deploy" / "licences.md").read_text(encoding="utf-8") == page()
    for name in on_this_platform():
        said = licence(name)
        assert all(set(part.split(" OR ")) & ALLOWED for part in said.split(" AND ")), f"{name}: {said}"


def test_no_known_hole() -> None:
    """The audit finds nothing; without its database, which would also find nothing, the test is skipped."""
    try:
        socket.create_connection((DATABASE, 443), timeout=5).close()
    except OSError as error:
        pytest.skip(f"audit: {DATABASE} is unavailable ({error})")
    audit = [sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip", "--vulnerability-service", "osv"]
    for lock in ("requirements/runtime.lock", "requirements/build.lock", "requirements/image.lock"):
        done = subprocess.run([*audit, "--requirement", ROOT / lock], check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_capacity_plan_follows_from_the_measurement() -> None:
    """Each row follows by formula from the one figure above it."""
    (measured,) = re.findall(r"^Measured: one core answers ([\d,]+) assessments a second", README, re.MULTILINE)
    rows = re.findall(r"^\| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \| ([\d.]+) GiB \|$", README, re.MULTILINE)
    assert len(rows) == 5
    for peak, pods, cores, memory in rows:
        needed = math.ceil(_number(peak) / (_number(measured) * 0.6)) + 1
        assert (_number(pods), _number(cores), memory) == (needed, needed, f"{needed / 4:.1f}"), peak


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def test_every_file_and_command_of_the_readme_is_there() -> None:
    """Each named file and make target exists, and kubectl can parse the lines for it."""
    for name in re.findall(r"`((?:kubernetes|monitoring|overlays|components|spark)/[\w./-]*)`", README):
        places = (ROOT / "deploy" / name, ROOT / "deploy" / "kubernetes" / name)
        assert any(place.exists() for place in places), name
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`?make (\w+)", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    kubectl = Path(sys.executable).with_name("kubectl")
    commands = re.findall(r"kubectl (?:--namespace \S+ )?([a-z]+)", README)
    assert len(commands) > 8
    for command in set(commands):
        assert subprocess.run([kubectl, command, "--help"], check=False, capture_output=True).returncode == 0, command


def test_a_stop_takes_the_time_in_the_readme() -> None:
    """The seconds in the README are those of the Deployment and the settings."""
    deployment = (ROOT / "deploy" / "kubernetes" / "base" / "deployment.yaml").read_text(encoding="utf-8")
    settings = (ROOT / "deploy" / "kubernetes" / "base" / "settings.env").read_text(encoding="utf-8")
    (grace,) = re.findall(r"terminationGracePeriodSeconds: (\d+)", deployment)
    (sleep,) = re.findall(r"sleep:\n\s+seconds: (\d+)", deployment)
    drain, shutdown = (re.findall(rf"TRIAGE_{name}_SECONDS=(\d+)", settings)[0] for name in ("DRAIN", "SHUTDOWN"))
    whole = int(sleep) + int(drain) + int(shutdown)
    assert f"at most {whole} of its {grace} seconds" in README
    assert f"{sleep} seconds in which Kubernetes removes the pod" in README
    assert f"{drain} (`TRIAGE_DRAIN_SECONDS`)" in README
    assert f"{shutdown} (`TRIAGE_SHUTDOWN_SECONDS`)" in README
