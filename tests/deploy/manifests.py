"""Faults of rendered manifests beyond schemas: dangling names, contradictory numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from service.errors import SettingsFault
from service.settings import Settings, read

ROOT: Final = Path(__file__).parents[2]
ROUTES: Final = re.findall(
    r"^  (/\S*):$", (ROOT / "openapi" / "openapi.yaml").read_text(encoding="utf-8"), re.MULTILINE
)
GIVEN: Final = frozenset(
    re.findall(r"create secret \w+ (\S+)", (ROOT / "deploy" / "README.md").read_text(encoding="utf-8"))
)
"""Secrets that operators create by the README, because a repository must not contain them."""

PRIVATE: Final = ("/metrics", "/health")
DEMONSTRATION: Final = "/try"

Document = Mapping[str, Any]


class Manifests:
    """All documents of one overlay."""

    def __init__(self, documents: list[Document], folder: Path) -> None:
        self._documents = documents
        self._folder = folder
        self.deployment = self._only("Deployment")
        self.pod = self.deployment["spec"]["template"]
        self.container = self.pod["spec"]["containers"][0]
        self.ports = {port["name"]: port["containerPort"] for port in self.container["ports"]}

    def _all(self, kind: str) -> list[Document]:
        return [document for document in self._documents if document["kind"] == kind]

    def _only(self, kind: str) -> Document:
        (found,) = self._all(kind)
        return found

    def settings(self) -> dict[str, str]:
        """The environment of the service at its start."""
        maps = {document["metadata"]["name"]: document.get("data", {}) for document in self._all("ConfigMap")}
        taken = [maps[source["configMapRef"]["name"]] for source in self.container["envFrom"]]
        return {name: value for values in taken for name, value in values.items()}

    def faults(self) -> Iterator[str]:
        """Every fault, as a message."""
        yield from self._dangling()
        yield from self._selectors()
        yield from self._numbers()
        yield from self._probes()
        yield from self._edges()
        yield from self._wrong_settings()

    def _dangling(self) -> Iterator[str]:
        maps = {document["metadata"]["name"] for document in self._all("ConfigMap")}
        for source in self.container["envFrom"]:
            if source["configMapRef"]["name"] not in maps:
                yield f"missing ConfigMap {source['configMapRef']['name']}"
        secrets = [volume["secret"]["secretName"] for volume in self.pod["spec"]["volumes"] if "secret" in volume]
        secrets += [tls["secretName"] for ingress in self._all("Ingress") for tls in ingress["spec"]["tls"]]
        yield from (f"no command creates the Secret {name}" for name in secrets if name not in GIVEN)
        mounted = {mount["name"] for mount in self.container["volumeMounts"]}
        volumes = {volume["name"] for volume in self.pod["spec"]["volumes"]}
        yield from (f"the volume {name} is not both mounted and defined" for name in mounted ^ volumes)
        services = {document["metadata"]["name"]: document for document in self._all("Service")}
        for path in self._paths():
            named = path["backend"]["service"]
            ports = (
                {port["name"] for port in services[named["name"]]["spec"]["ports"]} if named["name"] in services else ()
            )
            if named["port"]["name"] not in ports:
                yield f"{path['path']} is not the path of a Service's port"
        target = self._only("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]["name"]
        if target != self.deployment["metadata"]["name"]:
            yield f"the autoscaler scales {target}, which does not exist"
        namespaces = {document["metadata"].get("namespace") for document in self._documents}
        if namespaces - {None} != {self._only("Namespace")["metadata"]["name"]}:
            yield "a document is outside the created namespace"

    def _selectors(self) -> Iterator[str]:
        labels = self.pod["metadata"]["labels"].items()
        chosen = {
            "Deployment": self.deployment["spec"]["selector"]["matchLabels"],
            "Service": self._only("Service")["spec"]["selector"],
            "PodDisruptionBudget": self._only("PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
            "NetworkPolicy": self._only("NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
        }
        for spread in self.pod["spec"]["topologySpreadConstraints"]:
            chosen[f"spread over {spread['topologyKey']}"] = spread["labelSelector"]["matchLabels"]
        for monitor in self._all("PodMonitor"):
            chosen["PodMonitor"] = monitor["spec"]["selector"]["matchLabels"]
        yield from (f"{who} selects no pod" for who, selector in chosen.items() if not selector.items() <= labels)

    def _numbers(self) -> Iterator[str]:
        scale = self._only("HorizontalPodAutoscaler")["spec"]
        if scale["minReplicas"] > scale["maxReplicas"]:
            yield "the autoscaler's minimum is above its maximum"
        if self._only("PodDisruptionBudget")["spec"]["maxUnavailable"] >= scale["minReplicas"]:
            yield "the disruption budget allows all pods to be evicted at once"
        if "replicas" in self.deployment["spec"]:
            yield "the Deployment overrides the autoscaler"
        settings = self.settings()
        begun = self.container["lifecycle"]["preStop"]["sleep"]["seconds"]
        stop = begun + float(settings["TRIAGE_DRAIN_SECONDS"]) + float(settings["TRIAGE_SHUTDOWN_SECONDS"])
        if self.pod["spec"]["terminationGracePeriodSeconds"] <= stop:
            yield f"a stop takes {stop} s and is killed before its end"
        ready = self.container["readinessProbe"]
        if ready["periodSeconds"] * ready["failureThreshold"] > begun + float(settings["TRIAGE_DRAIN_SECONDS"]):
            yield "the drain ends before the probe notices it"

    def _probes(self) -> Iterator[str]:
        for name in ("startupProbe", "readinessProbe", "livenessProbe"):
            asked = self.container[name]["httpGet"]
            if asked["path"] not in ROUTES:
                yield f"{name} requests {asked['path']}, which is not a route"
            if asked["port"] not in self.ports:
                yield f"{name} requests a port without a name"

    def _edges(self) -> Iterator[str]:
        open_paths = {path["path"] for path in self._paths()}
        is_on = self.settings().get("TRIAGE_TRY", Settings().try_) == "on"
        demonstration = {DEMONSTRATION} if is_on else set()
        for path in open_paths - demonstration:
            if path not in {"/", *ROUTES} or path.startswith(PRIVATE):  # the start page is not an operation
                yield f"the Ingress exposes {path}"
        yield from (f"the Ingress does not expose {path}" for path in demonstration - open_paths)
        ingress = self._only("Ingress")["spec"]
        if {rule["host"] for rule in ingress["rules"]} != {host for tls in ingress["tls"] for host in tls["hosts"]}:
            yield "a host has no certificate"
        policy = self._only("NetworkPolicy")["spec"]
        wanted = [port["port"] for rule in policy["ingress"] for port in rule["ports"]]
        wanted += [port["targetPort"] for port in self._only("Service")["spec"]["ports"]]
        for monitor in self._all("PodMonitor"):
            wanted += [endpoint["port"] for endpoint in monitor["spec"]["podMetricsEndpoints"]]
        yield from (f"no container port has the name {port}" for port in wanted if port not in self.ports)
        if set(policy["policyTypes"]) != {"Ingress", "Egress"}:
            yield "the network policy does not restrict both directions"
        if bool(policy["egress"]) != ("TRIAGE_LIMIT_STORE_FILE" in self.settings()):
            yield "egress is open without need, or closed for the limit store"
        if self.pod["spec"]["enableServiceLinks"]:
            yield "other Services add environment variables"

    def _paths(self) -> list[Document]:
        return [path for rule in self._only("Ingress")["spec"]["rules"] for path in rule["http"]["paths"]]

    def _wrong_settings(self) -> Iterator[str]:
        """Read the settings like the service; check mounted files here."""
        settings = self.settings()
        mounts = [mount["mountPath"] for mount in self.container["volumeMounts"]]
        for name, value in settings.items():
            if value.startswith("/"):
                if str(Path(value).parent) not in mounts:
                    yield f"{name} is not in a mounted folder"
                stand_in = self._folder / Path(value).name
                stand_in.touch()
                settings[name] = str(stand_in)
        try:
            port = read(settings).port
        except SettingsFault as fault:
            yield from fault.faults
        else:
            if port not in self.ports.values():
                yield f"the service listens on {port}, which the container does not declare"
