"""The built image runs unprivileged, read-only, and without a shell."""

from __future__ import annotations

import http.client
import json
import re
import shlex
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path

import pytest

from service.knowledge import loader
from tests.deploy.commands import RUNBOOK, SETUP, commands
from tests.deploy.image import NAME, ROOT, Workshop, missing_requirement
from tests.deploy.licences import on_this_platform
from tests.ports import free_port

EXAMPLES = ROOT / "openapi" / "examples"
REVISION = "0" * 40
MOST_MEGABYTES = 160
UNPRIVILEGED = 65532


@pytest.fixture(scope="module")
def labels() -> dict[str, str]:
    """The labels of the image."""
    return {
        "VERSION": version("runner-triage"),
        "REVISION": REVISION,
        "KNOWLEDGE_DIGEST": loader.load(loader.SHIPPED).digest,
    }


@pytest.fixture(scope="module")
def workshop() -> Iterator[Workshop]:
    """An image store with both bases; skips if impossible."""
    if reason := missing_requirement():
        pytest.skip(reason)
    # Not pytest's own folder, which an overlay in it would outlive.
    with tempfile.TemporaryDirectory(prefix="triage-image-", ignore_cleanup_errors=True) as folder:
        made = Workshop(Path(folder))
        made.furnish()
        yield made
        made.run("podman", "rmi", "--all", "--force")


@pytest.fixture(scope="module")
def image(workshop: Workshop, labels: dict[str, str], figure: Callable[[str], None]) -> Workshop:
    """The store with the image in it."""
    begun = time.monotonic()
    built = workshop.build(labels)
    assert built.returncode == 0, built.stdout[-2000:] + built.stderr[-4000:]
    figure(f"built in {time.monotonic() - begun:.0f} s")
    return workshop


def _ask(port: int, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        connection.request("POST" if body else "GET", path, body, {"Content-Type": "application/json"} if body else {})
        answer = connection.getresponse()
        return answer.status, answer.read()


@contextmanager
def _container(workshop: Workshop, *options: str) -> Iterator[tuple[str, int]]:
    """The running image with all optional privileges removed; id and port."""
    port = free_port()
    held = ["--network", "host", "--read-only", "--tmpfs", "/tmp:size=16m", "--cap-drop", "all"]  # noqa: S108
    held += ["--security-opt", "no-new-privileges", "--memory", "256m", "--pids-limit", "64"]
    set_ = ("--env", f"TRIAGE_PORT={port}", "--env", "TRIAGE_HOST=127.0.0.1")
    identity = workshop.must("podman", "run", "--detach", *held, *set_, *options, NAME)
    try:
        yield identity, port
    finally:
        workshop.run("podman", "rm", "--force", "--time", "0", identity)


def _until_ready(port: int) -> float:
    begun = time.monotonic()
    while time.monotonic() < begun + 30:
        try:
            if _ask(port, "/health/ready")[0] == 200:
                return time.monotonic() - begun
        except OSError:
            time.sleep(0.02)
    raise AssertionError("not ready within 30 s")


@pytest.mark.parametrize("workers", [1, 2])
def test_the_image_answers_as_the_examples_say(image: Workshop, workers: int, figure: Callable[[str], None]) -> None:
    """Without privileges, a writable root and a network it answers correctly, is healthy, and stops with 0."""
    with _container(image, "--env", f"TRIAGE_WORKERS={workers}") as (identity, port):
        seconds = _until_ready(port)
        for asked in sorted(EXAMPLES.glob("*.request.json")):
            expected = asked.with_name(asked.name.replace("request", "response"))
            if expected.is_file():
                status, body = _ask(port, "/assess", asked.read_bytes())
                assert (status, json.loads(body)) == (200, json.loads(expected.read_bytes())), asked.name
        assert _ask(port, "/openapi.yaml")[1] == (ROOT / "openapi" / "openapi.yaml").read_bytes()
        assert image.run("podman", "healthcheck", "run", identity).returncode == 0
        (within,) = re.findall(r'-- (python3 -c ".*?");', SETUP)
        assert image.must("podman", "exec", identity, *shlex.split(within.replace(":8000/", f":{port}/"))) == "200"
        process = image.must("podman", "inspect", "--format", "{{.State.Pid}}", identity)
        status_of = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
        memory = int(re.findall(r"VmRSS:\s+(\d+)", status_of)[0]) / 1024
        assert re.findall(r"Uid:\s+(\d+)\s+(\d+)", status_of) == [(str(UNPRIVILEGED), str(UNPRIVILEGED))]
        assert re.findall(r"CapEff:\s+(\w+)", status_of) == ["0" * 16]
        assert "Read-only" in image.run("podman", "exec", identity, "python3", "-c", "open('/x', 'w')").stderr
        image.must("podman", "stop", "--time", "20", identity)
        assert image.must("podman", "inspect", "--format", "{{.State.ExitCode}}", identity) == "0"
    figure(f"{workers} worker(s) ready after {seconds:.1f} s, {memory:.0f} MB in the first")


def test_the_health_check_fails_while_the_service_is_away(image: Workshop) -> None:
    """The health check fails while the service is unavailable."""
    with _container(image) as (identity, port):
        _until_ready(port)
        (inspected,) = json.loads(image.must("podman", "inspect", identity))
        kind, *check = inspected["Config"]["Healthcheck"]["Test"]
        assert kind == "CMD", "the image has no shell for it"
        assert image.run("podman", "exec", identity, *check).returncode == 0
        away = ("--env", f"TRIAGE_PORT={free_port()}")
        assert image.run("podman", "exec", *away, identity, *check).returncode == 1


def _inspected(workshop: Workshop, path: str) -> str:
    return workshop.must("podman", "inspect", "--type", "image", "--format", f"{{{{json .{path}}}}}", NAME)


def test_the_image_has_its_labels(image: Workshop, labels: dict[str, str]) -> None:
    """Labels name the version, the revision and the digest of the knowledge, and the user is a number."""
    said = json.loads(_inspected(image, "Labels"))
    names = ("org.opencontainers.image.version", "org.opencontainers.image.revision", "runner-triage.knowledge.digest")
    assert [said[name] for name in names] == list(labels.values())
    assert json.loads(_inspected(image, "User")) == f"{UNPRIVILEGED}:{UNPRIVILEGED}"


def test_a_label_that_is_not_true_stops_the_build(workshop: Workshop, labels: dict[str, str]) -> None:
    """The build fails if the labels' version or digest differs from the content."""
    built = workshop.build(labels | {"VERSION": "0.0.0", "KNOWLEDGE_DIGEST": "sha256:0"})
    assert built.returncode != 0
    assert f"VERSION is {labels['VERSION']} and not 0.0.0" in built.stderr
    assert f"KNOWLEDGE_DIGEST is {labels['KNOWLEDGE_DIGEST']} and not sha256:0" in built.stderr


def test_the_image_holds_nothing_that_it_does_not_run(image: Workshop, figure: Callable[[str], None]) -> None:
    """The image has no shell, installer, test or C source, contains byte code, and is small."""
    identity = image.must("podman", "create", NAME)
    archive = f"{image.folder}/image.tar"
    image.must("podman", "export", "--output", archive, identity)
    with tarfile.open(archive) as held:
        files = [member.name for member in held if not member.isdir()]
    shells = re.compile(r"(^|/)bin/(sh|bash|dash|pip3?)$")
    unwanted = re.compile(r"^opt/.*((^|/)(pip|setuptools|tests|bin)/|\.(pyi|pyx|pxd|c|h|lock)$)")
    assert [file for file in files if shells.search(file) or unwanted.search(file)] == []
    sources = {file for file in files if re.match(r"opt/.*\.py$", file)}
    compiled = {
        re.sub(r"__pycache__/(.*)\.cpython-311\.pyc$", r"\1.py", file) for file in files if "__pycache__" in file
    }
    assert len(sources) > 100
    assert {file for file in sources - compiled if "/templates/" not in file} == set()
    megabytes = int(_inspected(image, "Size")) / 1e6
    packed = len(subprocess.run(["gzip", "--fast", "--stdout", archive], check=True, capture_output=True).stdout) / 1e6  # noqa: S607
    figure(f"{megabytes:.0f} MB, compressed {packed:.0f} MB")
    assert megabytes < MOST_MEGABYTES


def test_the_bill_of_materials_names_every_library(image: Workshop) -> None:
    """The image's SBOM is CycloneDX and lists each library of the lock for this platform, by version."""
    read = ("--entrypoint", "python3", NAME, "-c", "print(open('/opt/triage/sbom.cdx.json').read())")
    bill = json.loads(image.must("podman", "run", "--rm", "--network", "none", *read))
    assert bill["bomFormat"] == "CycloneDX"
    named = {re.sub(r"[-_.]+", "-", part["name"]).lower(): part["version"] for part in bill["components"]}
    assert len(named) > 10
    assert on_this_platform() == named


def test_two_images_are_compared_as_the_runbook_says(image: Workshop, labels: dict[str, str]) -> None:
    """The runbook's commands copy the knowledge out of one image and compare it in another."""
    typed = [command for command in commands(RUNBOOK) if "docker create" in command]
    assert len(typed) == 2
    script = re.sub(r"OLD_IMAGE|NEW_IMAGE", NAME, "\n".join(typed)).replace("docker", "podman")
    output = image.must("bash", "-euc", f"cd {image.folder}\n{script}")
    assert "0 entries differ" in output
    assert loader.load(image.folder / "old-knowledge").digest == labels["KNOWLEDGE_DIGEST"]


def test_compose_starts_it_hardened(image: Workshop) -> None:
    """Compose starts the service with all restrictions of its file, and the service responds.

    Prometheus and Grafana are excluded, because no registry is available, and the host's network replaces a bridge.
    """
    port, socket_ = free_port(), f"unix://{image.folder}/engine"
    override = image.folder / "override.yaml"
    override.write_text(
        "services:\n  triage:\n    network_mode: host\n    ports: !reset []\n"
        f"    image: {NAME}\n    environment:\n      TRIAGE_PORT: '{port}'\n      TRIAGE_HOST: 127.0.0.1\n",
        encoding="utf-8",
    )
    tool = str(Path(sys.executable).with_name("docker-compose"))
    files = ("--project-name", f"triage-{port}", "--file", "deploy/compose.yaml", "--file", str(override))
    compose = ("env", f"DOCKER_HOST={socket_}", tool, *files)
    with image.started("podman", "system", "service", "--time", "0", socket_):
        try:
            image.must(*compose, "up", "--detach", "--no-build", "triage")
            _until_ready(port)
            identity = image.must(*compose, "ps", "--quiet", "triage")
            (inspected,) = json.loads(image.must("podman", "inspect", identity))
            assert inspected["HostConfig"]["ReadonlyRootfs"]
            assert inspected["HostConfig"]["SecurityOpt"] == ["no-new-privileges"]
            assert (inspected["EffectiveCaps"] or [], inspected["Config"]["User"]) == (
                [],
                f"{UNPRIVILEGED}:{UNPRIVILEGED}",
            )
        finally:
            image.must(*compose, "down", "--timeout", "20")
