"""The commands of the runbook and the README name existing objects."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.commands import RUNBOOK, SETUP, commands
from tests.deploy.manifests import GIVEN, ROUTES

ROOT = Path(__file__).parents[2]
README = (ROOT / "deploy" / "README.md").read_text(encoding="utf-8")
KUBECTL = Path(sys.executable).with_name("kubectl")
KUBECTL_COMMANDS = [
    command
    for text in (RUNBOOK, README)
    for command in commands(text)
    if re.search(r"\bkubectl |^(logs|inside|outside)\b", command) and "create secret" not in command
] + [line for line in SETUP.splitlines() if line.startswith("kubectl")]
KINDS = {"deployment": "Deployment", "hpa": "HorizontalPodAutoscaler", "ingress": "Ingress", "namespace": "Namespace"}
OPERATORS = "prometheus-operated"
"""A Service that the Prometheus operator creates."""

NOWHERE = """
apiVersion: v1
kind: Config
clusters: [{name: nowhere, cluster: {server: "http://127.0.0.1:9"}}]
contexts: [{name: nowhere, context: {cluster: nowhere, user: nobody}}]
users: [{name: nobody, user: {}}]
current-context: nowhere
"""


@pytest.fixture(scope="module")
def overlays() -> dict[str, dict[str, Any]]:
    """The documents of each overlay by kind, under its namespace."""
    found = {}
    for overlay in (ROOT / "deploy" / "kubernetes" / "overlays").iterdir():
        rendered = subprocess.run([KUBECTL, "kustomize", overlay], check=True, capture_output=True)
        by_kind = {document["kind"]: document for document in yaml.safe_load_all(rendered.stdout)}
        found[by_kind["Namespace"]["metadata"]["name"]] = by_kind
    return found


def test_every_namespace_is_one_that_is_made(overlays: dict[str, dict[str, Any]]) -> None:
    """A command uses the namespace of an overlay, or that of Prometheus, which the network policy allows."""
    (default,) = re.findall(r"\bNS=(\S+)", SETUP)
    assert default in overlays
    (listed,) = re.findall(r"^`NS` is .*: (.*)\.$", RUNBOOK, re.MULTILINE)
    assert set(re.findall(r"`(.*?)`", listed)) == overlays.keys()
    let_in = re.findall(r"kubernetes.io/metadata.name': '(\S+?)'", str(overlays[default]["NetworkPolicy"]))
    asked = {
        name.strip('"')
        for command in [*commands(RUNBOOK), *SETUP.splitlines(), *commands(README)]
        for name in re.findall(r"kubectl (?:-n|--namespace) (\S+)", command)
    }
    assert asked <= {"$NS", *overlays, *let_in}
    assert {"$NS", "monitoring"} <= asked


def test_every_variable_and_function_is_defined() -> None:
    """The first block, or the command itself, sets each variable and function."""
    defined = set(re.findall(r"\b(\w+)=", SETUP)) | {"1"}
    for command in [*commands(RUNBOOK), *SETUP.splitlines()]:
        own = set(re.findall(r"(?:^|[;&] ?)(\w+)=", command))
        assert set(re.findall(r"\$\{?(\w+)", command)) <= defined | own, command
    assert re.findall(r"^(\w+)\(\) {", SETUP, re.MULTILINE) == ["logs", "inside", "outside"]


def test_every_object_that_is_named_is_made(overlays: dict[str, dict[str, Any]]) -> None:
    """Every overlay has each kind with a name, label, container and Secret in the commands."""
    text = "\n".join([*KUBECTL_COMMANDS, SETUP])
    named = set(re.findall(rf"\b({'|'.join(KINDS)})[/ ]([a-z][\w-]+)", text))
    assert {kind for kind, _ in named} == KINDS.keys()
    labels = {tuple(label.split("=")) for label in re.findall(r" -l (\S+)", text)}
    for documents in overlays.values():
        for kind, name in named - {("namespace", name) for name in overlays}:
            assert documents[KINDS[kind]]["metadata"]["name"] == name, kind
        pod = documents["Deployment"]["spec"]["template"]
        assert labels <= set(pod["metadata"]["labels"].items())
        assert set(re.findall(r" -c (\w+) --", text)) == {container["name"] for container in pod["spec"]["containers"]}
    assert set(re.findall(r"\bsecret ([a-z][\w-]+)", text)) <= GIVEN
    assert set(re.findall(r"\bservice/(\S+)", text)) == {OPERATORS}


def test_health_is_asked_within_and_the_contract_without(overlays: dict[str, dict[str, Any]]) -> None:
    """The pod answers at the port and path of `inside`, and the Ingress forwards the path of `outside`."""
    ((port, path),) = re.findall(r"http://127\.0\.0\.1:(\d+)(/\S+?)'", SETUP)
    (without,) = re.findall(r"\)(/\S+)\";", SETUP)
    for documents in overlays.values():
        (container,) = documents["Deployment"]["spec"]["template"]["spec"]["containers"]
        assert int(port) == container["ports"][0]["containerPort"]
        assert path == container["readinessProbe"]["httpGet"]["path"]
        (rule,) = documents["Ingress"]["spec"]["rules"]
        assert without in {found["path"] for found in rule["http"]["paths"]}
    assert {path, without} <= set(ROUTES)
    assert not [command for command in KUBECTL_COMMANDS if " run " in command], "the policies refuse a separate pod"


def test_more_pods_are_as_many_as_the_autoscaler_may_have(overlays: dict[str, dict[str, Any]]) -> None:
    """The number of pods for an emergency is not above `maxReplicas` in production."""
    most = overlays["runner-triage"]["HorizontalPodAutoscaler"]["spec"]["maxReplicas"]
    asked = [int(number) for number in re.findall(r'"minReplicas":(\d+)', RUNBOOK + README)]
    assert len(asked) == 2
    assert max(asked) <= most
    assert not [command for command in KUBECTL_COMMANDS if " scale " in command]


@pytest.mark.parametrize("command", sorted(set(KUBECTL_COMMANDS)))
def test_kubectl_parses_each_command(command: str, tmp_path: Path) -> None:
    """Kubectl parses each command and fails only at the missing cluster."""
    (tmp_path / "config").write_text(NOWHERE, encoding="utf-8")
    (tmp_path / "deploy").symlink_to(ROOT / "deploy")
    functions = "\n".join(line for line in SETUP.splitlines() if not line.startswith("kubectl"))
    path = f"{KUBECTL.parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", f"{functions}\n{command}\nwait"],  # noqa: S607
        env={"PATH": path, "KUBECONFIG": f"{tmp_path}/config", "HOME": str(tmp_path)},
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert re.search(r"127\.0\.0\.1:9\b.* refused", done.stderr), done.stderr
    assert not re.search(r"unknown|command not found|syntax error|jq: error", done.stderr), done.stderr


def test_the_negative_controls() -> None:
    """An unknown flag fails before the cluster."""
    done = subprocess.run([KUBECTL, "get", "pods", "--nosuch"], check=False, capture_output=True, text=True)
    assert "unknown flag" in done.stderr
    assert "was refused" not in done.stderr


def test_the_readme_names_the_annotation_of_alerts() -> None:
    """Every alert has the annotation, which names an existing file; Compose has no Alertmanager."""
    rules = (ROOT / "deploy" / "monitoring" / "rules.yaml").read_text(encoding="utf-8")
    (annotation,) = re.findall(r"The alert's annotation `(\w+)`", README)
    found = re.findall(rf"^          {annotation}: (\S+)#", rules, re.MULTILINE)
    assert len(found) == rules.count("- alert: ")
    assert all((ROOT / file).is_file() for file in found)
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
    assert "There is no Alertmanager in it" in README
    assert compose["services"].keys() == {"triage", "prometheus", "grafana"}
    assert "alerting" not in (ROOT / "deploy" / "monitoring" / "prometheus.yaml").read_text(encoding="utf-8")
