"""Each overlay renders, is valid, and follows the security policy."""

from __future__ import annotations

import copy
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.manifests import Manifests

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"
README = (ROOT / "deploy" / "README.md").read_text(encoding="utf-8")
CLAIMED = re.findall(r"\b1\.\d\d\b", re.findall(r"^Kubernetes versions: .*$", README, re.MULTILINE)[0])
KUBECTL = Path(sys.executable).with_name("kubectl")
CHECKOV = Path(sys.prefix) / "policy" / "bin" / "checkov"
OVERLAYS = ("staging", "production")
COMPONENTS = tuple(sorted(folder.name for folder in (FOLDER / "components").iterdir()))
WAYS: list[tuple[str, tuple[str, ...]]] = [(overlay, ()) for overlay in OVERLAYS]
WAYS += [("production", (component,)) for component in COMPONENTS] + [("production", COMPONENTS)]


@pytest.fixture(params=WAYS, ids=lambda way: "+".join((way[0], *way[1])))
def rendered(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """One file with all documents of an overlay and its components."""
    overlay, components = request.param
    top = tmp_path / "top"
    top.mkdir()
    way = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [os.path.relpath(FOLDER / "overlays" / overlay, top)],
        "components": [os.path.relpath(FOLDER / "components" / name, top) for name in components],
    }
    (top / "kustomization.yaml").write_text(yaml.safe_dump(way), encoding="utf-8")
    done = subprocess.run([KUBECTL, "kustomize", top], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "kustomize warns of deprecated fields"
    target = tmp_path / "rendered.yaml"
    target.write_text(done.stdout, encoding="utf-8")
    return target


def _documents(rendered: Path) -> list[Any]:
    return list(yaml.safe_load_all(rendered.read_text(encoding="utf-8")))


def test_every_claimed_version_accepts_the_manifests(rendered: Path) -> None:
    """The documents are valid for each Kubernetes version in the README, without unknown fields."""
    assert len(CLAIMED) > 2
    for version in CLAIMED:
        command = [KUBECTL.with_name("kubernetes-validate"), "--strict", "-k", version, rendered]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        said = done.stdout + done.stderr
        assert done.returncode == 0, said
        unknown = set(re.findall(r"schema for kind (\w+)", said))
        assert unknown <= {"PodMonitor", "PrometheusRule"}, "only kinds of the Prometheus operator have no schema"
        assert said.count("passed") == len(_documents(rendered)) - len(unknown)


def test_a_field_that_is_unknown_is_found(rendered: Path) -> None:
    """The validation rejects a misspelt field."""
    text = rendered.read_text(encoding="utf-8").replace("minReadySeconds", "minReadySecond")
    rendered.write_text(text, encoding="utf-8")
    command = [KUBECTL.with_name("kubernetes-validate"), "--strict", "-k", CLAIMED[0], rendered]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode != 0


def test_the_manifests_are_consistent(rendered: Path, tmp_path: Path) -> None:
    """All names resolve, no numbers contradict each other, and the service accepts the settings."""
    assert list(Manifests(_documents(rendered), tmp_path).faults()) == []


def _policy(file: Path) -> subprocess.CompletedProcess[str]:
    if not CHECKOV.is_file():
        pytest.skip("checkov is not installed in .venv/policy: run it by `make deploy`")
    options: list[str | Path] = ["--skip-download", "--quiet", "--compact", "--config-file", FOLDER / ".checkov.yaml"]
    return subprocess.run([CHECKOV, *options, "--file", file], check=False, capture_output=True, text=True)


def test_the_security_policy_finds_nothing_unexplained(rendered: Path) -> None:
    """Each skipped check is in `.checkov.yaml` with its reason."""
    done = _policy(rendered)
    assert done.returncode == 0, done.stdout
    for line in (FOLDER / ".checkov.yaml").read_text(encoding="utf-8").splitlines():
        assert not line.strip().startswith("- ") or re.search(r"# \w+ \w+ \w+", line), f"no reason: {line}"


def test_the_security_policy_can_find_something(rendered: Path) -> None:
    """The policy reports a writable root."""
    text = rendered.read_text(encoding="utf-8")
    rendered.write_text(text.replace("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false"), encoding="utf-8")
    assert "CKV_K8S_22" in _policy(rendered).stdout


def _plant(kind: str, path: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(documents: dict[str, Any]) -> None:
        *way, last = path.split("/")
        place = documents[kind]
        for step in way:
            place = place[int(step) if step.isdigit() else step]
        place[last] = value

    return change


PLANTED = {
    "selects no pod": _plant("Service", "spec/selector", {"app": "other"}),
    "the autoscaler's minimum is above its maximum": _plant("HorizontalPodAutoscaler", "spec/minReplicas", 99),
    "allows all pods to be evicted at once": _plant("PodDisruptionBudget", "spec/maxUnavailable", 9),
    "is killed before its end": _plant("Deployment", "spec/template/spec/terminationGracePeriodSeconds", 25),
    "which is not a route": _plant(
        "Deployment", "spec/template/spec/containers/0/livenessProbe/httpGet/path", "/healthz"
    ),
    "requests a port without a name": _plant(
        "Deployment", "spec/template/spec/containers/0/readinessProbe/httpGet/port", "web"
    ),
    "no command creates the Secret": _plant("Deployment", "spec/template/spec/volumes/1/secret/secretName", "other"),
    "unknown setting; did you mean": _plant("ConfigMap", "data/TRIAGE_DRAIN_SECOND", "10"),
    "the Ingress does not expose /try": _plant("ConfigMap", "data/TRIAGE_TRY", "on"),
    "exposes /metrics": _plant("Ingress", "spec/rules/0/http/paths/0/path", "/metrics"),
    "a host has no certificate": _plant("Ingress", "spec/rules/0/host", "other.example"),
    "egress is open without need": _plant("NetworkPolicy", "spec/egress", [{}]),
    "other Services add environment variables": _plant(
        "Deployment", "spec/template/spec/enableServiceLinks", value=True
    ),
    "ends before the probe": _plant("Deployment", "spec/template/spec/containers/0/readinessProbe/periodSeconds", 30),
}


@pytest.mark.parametrize("rendered", [WAYS[1]], ids=["production"], indirect=True)
def test_a_planted_fault_is_found(rendered: Path, tmp_path: Path) -> None:
    """Each planted fault is reported, so no check is empty."""
    for says, change in PLANTED.items():
        documents = copy.deepcopy(_documents(rendered))
        by_kind = {
            document["kind"]: document for document in documents if "dashboard" not in document["metadata"]["name"]
        }
        change(by_kind)
        assert [fault for fault in Manifests(documents, tmp_path).faults() if says in fault], says


def test_overlays_hold_only_differences() -> None:
    """An overlay is one file with the place, the number and the image."""
    for overlay in OVERLAYS:
        assert [file.name for file in (FOLDER / "overlays" / overlay).iterdir()] == ["kustomization.yaml"]


def test_the_dockerfile_is_clean() -> None:
    """Hadolint reports nothing, and would report an image without an exact name."""
    tool = KUBECTL.with_name("hadolint")
    assert subprocess.run([tool, ROOT / "deploy" / "Dockerfile"], check=False).returncode == 0
    planted = subprocess.run([tool, "-"], input="FROM debian\n", check=False, capture_output=True, text=True)
    assert "DL3006" in planted.stdout


def test_the_compose_file_is_valid() -> None:
    """The file is valid, its mounts exist, and every part runs without privileges on a read-only root."""
    tool = KUBECTL.with_name("docker-compose")
    file = ROOT / "deploy" / "compose.yaml"
    done = subprocess.run([tool, "-f", file, "config"], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    for name, part in yaml.safe_load(done.stdout)["services"].items():
        held = (part["read_only"], part["cap_drop"], part["security_opt"], "pids_limit" in part, "mem_limit" in part)
        assert held == (True, ["ALL"], ["no-new-privileges:true"], True, True), name
        assert part["user"].split(":")[0] != "0", name
        assert {port["host_ip"] for port in part["ports"]} == {"127.0.0.1"}, name
        for volume in part.get("volumes", ()):
            assert volume["type"] == "volume" or Path(volume["source"]).exists(), volume["source"]
