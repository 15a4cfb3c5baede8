"""Rules, dashboard and runbook match the service's names."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import promql_parser as promql
import pytest
import yaml

from service.settings import FIELDS
from tests.deploy.promql import (
    EXPORTERS,
    FOREIGN,
    Names,
    faults,
    of_the_service,
    selectors,
    series,
)

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "monitoring"
README = (ROOT / "deploy" / "README.md").read_text(encoding="utf-8")
PARTS = ["Meaning", "For a runner", "Check", "Mitigation", "Roll back"]
ROUTES = re.findall(r"^  (/\S*):$", (ROOT / "openapi" / "openapi.yaml").read_text(encoding="utf-8"), re.MULTILINE)


def _yaml(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


def _text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


RULES = [rule for group in _yaml("rules.yaml")["groups"] for rule in group["rules"]]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
RECORDS = {rule["record"]: rule["expr"] for rule in RULES if "record" in rule}


def _expressions(name: str, text: str) -> list[str]:
    """The PromQL in a file, with the dashboard's variables replaced."""
    if name == "rules.yaml":
        return [rule["expr"] for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]
    if name == "dashboard.json":
        held = json.loads(text)
        asked = [target["expr"] for panel in held["panels"] for target in panel.get("targets", ())]
        asked += [annotation["expr"] for annotation in held["annotations"]["list"]]
        return [query.replace("$namespace", ".*").replace("$__rate_interval", "5m") for query in asked]
    return re.findall(r"promtool query .*?\$PROM '(.*?)'`", text)


def _names() -> Names:
    known = series(of_the_service()) | FOREIGN
    for record, expr in RECORDS.items():
        known[record] = {"namespace"}.union(*(known[found.name] for found in selectors(promql.parse(expr))))
    return Names(known)


def _faults(name: str, text: str) -> list[str]:
    return [fault for expression in _expressions(name, text) for fault in faults(expression, _names())]


def _sections() -> dict[str, str]:
    heads = re.split(r"^## (.*)\n", _text("runbook.md"), flags=re.MULTILINE)[1:]
    assert len(set(heads[::2])) == len(heads[::2])
    return dict(zip(heads[::2], heads[1::2], strict=True))


@pytest.mark.parametrize("name", ["rules.yaml", "dashboard.json", "runbook.md"])
def test_every_name_exists(name: str) -> None:
    """Each expression parses, and its metrics, labels, levels, problem types and bounds are the service's."""
    assert len(_expressions(name, _text(name))) > 20
    assert _faults(name, _text(name)) == []


@pytest.mark.parametrize("name", ["rules.yaml", "dashboard.json", "runbook.md"])
@pytest.mark.parametrize(
    ("was", "is_"),
    [
        ("triage_knowledge_info", "triage_knowledge"),
        ("triage_rejected_total{", "triage_refused_total{"),
        ("partner", "client"),
        ("status=", "code="),
        ("triage_http_request_seconds_bucket", "triage_http_request_ms_bucket"),
    ],
)
def test_a_renamed_metric_is_noticed(name: str, was: str, is_: str) -> None:
    """A metric or label with another name in the code is reported in each file."""
    assert was in _text(name)
    assert _faults(name, _text(name).replace(was, is_)) != []


@pytest.mark.parametrize(
    ("was", "is_"),
    [('le="0.025"', 'le="0.03"'), ("emergency|emergency_ambulance", "emergency|urgent"), ("internal-error", "error")],
)
def test_a_value_that_never_comes_is_noticed(was: str, is_: str) -> None:
    """A bound, level or problem type that the service lacks is reported."""
    assert was in _text("rules.yaml")
    assert _faults("rules.yaml", _text("rules.yaml").replace(was, is_)) != []


def test_each_route_that_is_watched_is_served() -> None:
    """A pattern of routes matches a path of the contract; that of the objectives matches assessments only."""
    patterns = set(re.findall(r'route=~?"(.*?)"', _text("rules.yaml")))
    assert patterns == {"/assess", "/assess.*"}
    for pattern in patterns:
        fitting = [route for route in ROUTES if re.fullmatch(pattern, route)]
        assert fitting
        assert all(route.startswith("/assess") for route in fitting)


def test_every_metric_is_looked_at() -> None:
    """A rule or the dashboard reads each metric."""
    read = {
        found.name
        for name in ("rules.yaml", "dashboard.json")
        for expression in _expressions(name, _text(name))
        for found in selectors(promql.parse(expression))
    }
    assert series(of_the_service()).keys() - read == set()
    assert RECORDS.keys() - read == set()


def test_every_alert_has_its_heading() -> None:
    """The runbook has one heading per alert and no other, with meaning, impact and actions."""
    assert list(_sections()) == list(ALERTS)
    for alert, section in _sections().items():
        assert re.findall(r"^\*\*(.*?)\.?\*\*", section, re.MULTILINE) == PARTS, alert
        assert re.findall(r"^(\d)\. ", section, re.MULTILINE) == ["1", "2", "3"], alert


def test_the_runbook_uses_fields_of_the_log() -> None:
    """The service has each log field and each setting that a command uses."""
    page = (ROOT / "deploy" / "telemetry.md").read_text(encoding="utf-8")
    asked = re.findall(r"`logs(?: \w+)? \| jq.*?`", _text("runbook.md"))
    fields = {name for command in asked for name in re.findall(r"[\[( ,]\.(\w+)", command)}
    assert {"problem", "status", "error", "seconds"} <= fields
    assert fields - set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == set()
    assert set(re.findall(r"TRIAGE_\w+", _text("runbook.md"))) - FIELDS.keys() == set()


@pytest.mark.parametrize("alert", ALERTS.values(), ids=lambda alert: alert["alert"])
def test_every_alert_has_a_severity_and_a_link(alert: dict[str, Any]) -> None:
    """An alert has one of two severities, one sentence, and the link to its heading."""
    assert alert["labels"]["severity"] in {"page", "ticket"}
    assert alert["annotations"] == {
        "summary": alert["annotations"]["summary"],
        "runbook": f"deploy/monitoring/runbook.md#{alert['alert'].lower()}",
    }
    assert alert["annotations"]["summary"].endswith(".")


def test_every_alert_has_a_case_each_way() -> None:
    """Each alert fires in one case, and does not fire in another with data."""
    checks = [(case, check) for case in _yaml("rules_test.yaml")["tests"] for check in case["alert_rule_test"]]
    assert {check["alertname"] for _, check in checks if check["exp_alerts"]} == ALERTS.keys()
    quiet = {check["alertname"] for case, check in checks if not check["exp_alerts"] and case.get("input_series")}
    assert quiet == ALERTS.keys()


def test_the_readme_lists_the_exporters_of_each_alert() -> None:
    """Each alert on external metrics is listed with all its exporters, and no other alert is."""
    needed: dict[str, set[str]] = {}
    for alert, rule in ALERTS.items():
        for found in selectors(promql.parse(rule["expr"])):
            for prefix, exporter in EXPORTERS.items():
                if found.name.startswith(prefix):
                    needed.setdefault(alert, set()).add(exporter)
    rows = re.findall(r"^\| (`Triage\w+`.*?) \| (.*?) \|$", README, re.MULTILINE)
    listed = {alert: set(by.split(", ")) for alerts, by in rows for alert in re.findall(r"`(\w+)`", alerts)}
    assert listed == needed
    assert {exporter for exporters in listed.values() for exporter in exporters} == set(EXPORTERS.values())


def test_the_objects_that_alerts_watch_are_made() -> None:
    """The deployment, pods, autoscaler and Secret of an alert are those of the manifests."""
    base = ROOT / "deploy" / "kubernetes" / "base"
    made = {
        document["kind"]: document for file in base.glob("*.yaml") for document in [yaml.safe_load(file.read_text())]
    }
    name = made["Deployment"]["metadata"]["name"]
    (tls,) = made["Ingress"]["spec"]["tls"]
    asked = re.findall(r'\b(deployment|horizontalpodautoscaler|secret_name|pod)=~?"(.*?)"', _text("rules.yaml"))
    assert set(asked) == {
        ("deployment", name),
        ("horizontalpodautoscaler", made["HorizontalPodAutoscaler"]["metadata"]["name"]),
        ("secret_name", tls["secretName"]),
        ("pod", f"{name}-.*"),
    }


def test_the_operator_reads_the_same_rules() -> None:
    """The Kubernetes object has the rules of the plain file; `make rules` writes it."""
    assert _yaml("prometheus-rule.yaml")["spec"] == _yaml("rules.yaml")


def test_one_name_for_the_job_everywhere() -> None:
    """Compose and Kubernetes use the job name of the rules."""
    (job,) = _yaml("prometheus.yaml")["scrape_configs"]
    monitor = _yaml("pod-monitor.yaml")["spec"]
    asked = set(re.findall(r'job="(.*?)"', _text("rules.yaml") + _text("dashboard.json").replace("\\", "")))
    assert asked == {job["job_name"]} == {monitor["selector"]["matchLabels"][monitor["jobLabel"]]}


def test_the_dashboard_is_whole() -> None:
    """Every panel has its own id, place, title and text, and uses the chosen data source."""
    held = json.loads(_text("dashboard.json"))
    panels = held["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
        if panel["type"] != "row":
            assert panel["title"]
            assert panel["description"].endswith(".")
            assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}


def test_the_component_renders(tmp_path: Path) -> None:
    """In an overlay, it ships the rules, the monitor and the dashboard unchanged."""
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is missing")
    shutil.copytree(FOLDER, tmp_path / "monitoring")
    (tmp_path / "kustomization.yaml").write_text("components: [monitoring]\n")
    rendered = subprocess.run(["kubectl", "kustomize", str(tmp_path)], check=True, capture_output=True)  # noqa: S607
    made = {document["kind"]: document for document in yaml.safe_load_all(rendered.stdout)}
    assert made.keys() == {"ConfigMap", "PodMonitor", "PrometheusRule"}
    assert made["PrometheusRule"]["spec"] == _yaml("rules.yaml")
    assert json.loads(made["ConfigMap"]["data"]["dashboard.json"]) == json.loads(_text("dashboard.json"))


@pytest.mark.parametrize(
    "command",
    [["check", "config", "prometheus.yaml"], ["check", "rules", "rules.yaml"], ["test", "rules", "rules_test.yaml"]],
    ids=" ".join,
)
def test_promtool_finds_no_fault(command: list[str]) -> None:
    """Promtool accepts configuration and rules, and every alert fires or not as in its cases."""
    if shutil.which("promtool") is None:
        pytest.skip("promtool (Debian's prometheus) is missing")
    done = subprocess.run(["promtool", *command], cwd=FOLDER, check=False, capture_output=True, text=True)  # noqa: S607
    assert done.returncode == 0, done.stdout + done.stderr
