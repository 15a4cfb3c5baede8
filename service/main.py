"""The composition root of the service.

It builds every part in a fixed order and passes the parts down.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from importlib.metadata import version
from logging import INFO
from pathlib import Path
from typing import TypeVar

from prometheus_client import CollectorRegistry

from service import settings as settings_
from service.access.access import Access, Limiter
from service.access.events import AccessEvents
from service.access.keys import Keys
from service.access.limiter_memory import MemoryLimiter
from service.access.rate_limit import quota
from service.engine import Engine
from service.errors import SettingsFault
from service.knowledge import loader, reviews
from service.knowledge.catalogue import catalogue
from service.model.scales import Level
from service.problems import BELOW_APPLICATION, KINDS
from service.server.refusal_kinds import REFUSALS
from service.server.server import SHARED_COUNTS
from service.settings import Settings
from service.telemetry.access_log import AccessLog
from service.telemetry.log import adopt_standard_logging, is_console, open_log, standard_output
from service.telemetry.metrics import Metrics
from service.web import contract
from service.web.app import build
from service.web.body import Body
from service.web.contract import Contract
from service.web.outer_middleware import OuterMiddleware
from service.web.page import page
from service.web.request_queue import RequestQueue

VERSION = version("runner-triage")
Part = TypeVar("Part")


def create_app() -> OuterMiddleware:
    """Create the application from the environment.

    Each worker calls this once.
    """
    return compose(settings_.read(os.environ))


def compose(settings: Settings) -> OuterMiddleware:
    """Create the application with these settings.

    The log comes first, so that all other parts can log. Only the counter of its lost lines precedes it. The engine
    comes before the pages, because a fault in the knowledge is likelier than one in the other files.
    """
    metrics = Metrics(CollectorRegistry(), shared=SHARED_COUNTS in os.environ)
    output = standard_output(metrics.log_line_lost)
    log = open_log(settings.log_level, settings.log_format, output)
    adopt_standard_logging(log)
    engine_knowledge = loader.load(settings.knowledge_folder(loader.SHIPPED))
    engine = Engine(engine_knowledge)
    metrics.expect(Level, (kind.slug for kind in KINDS if kind not in BELOW_APPLICATION), REFUSALS)
    metrics.knowledge(engine.version, engine.digest)
    metrics.reviews(reviews.counts(engine_knowledge))
    metrics.build(VERSION, platform.python_version())
    names = ("docs", "try") if settings.try_ == "on" else ("docs",)
    has_json_requests = log.is_enabled_for(INFO) and not is_console(settings.log_format, output)
    access_log = AccessLog(log, metrics, engine.version, output.write if has_json_requests else None)
    access = access_of(settings, access_log)
    if not settings.keys:
        access_log.warn("keys_off", says="any client of this port is served", rate_limit=settings.rate_limit or None)
    return build(
        engine=engine,
        catalogue=catalogue(engine_knowledge),
        contract=contract_of(settings),
        pages={name: page(name) for name in names},
        body=Body(settings.body_limit_bytes, settings.body_seconds, RequestQueue(settings.queue_seconds)),
        metrics=metrics,
        access_log=access_log,
        access=access,
        cors_origins=settings.cors_origins,
        root_path=settings.root_path,
    )


def check_setup(settings: Settings) -> None:
    """Check that a worker with these settings can start.

    Raises the error that prevents it.
    """
    loader.load(settings.knowledge_folder(loader.SHIPPED))
    contract_of(settings)
    metrics = Metrics(CollectorRegistry())
    log = open_log(settings.log_level, settings.log_format, standard_output(metrics.log_line_lost))
    access_of(settings, AccessLog(log, metrics, knowledge=""))


def access_of(settings: Settings, events: AccessEvents) -> Access | None:
    """Create the access control of `/assess`, if any is configured.

    Raises `SettingsFault` with every fault in its files.
    """
    faults: list[str] = []

    def tried(make: Callable[[], Part]) -> Part | None:
        try:
            return make()
        except SettingsFault as fault:
            faults.extend(fault.faults)
            return None

    keys = tried(lambda: Keys(Path(settings.keys), events)) if settings.keys else None
    limiter = tried(lambda: _limiter(settings, events))
    if faults or limiter is None:
        raise SettingsFault(tuple(faults))
    if keys is None and not settings.rate_limit:
        return None
    return Access(keys, quota(settings.rate_limit), limiter, settings.proxies)


def _limiter(settings: Settings, events: AccessEvents) -> Limiter:
    if not (name := settings.limit_store_name()):
        return MemoryLimiter()
    from service.access.limiter_redis import RedisLimiter  # noqa: PLC0415 (its client is large, and few need it)

    try:
        return RedisLimiter(settings.limit_store_url(), events)
    except (ValueError, TypeError, OSError):  # their messages may quote the URL with its password
        raise SettingsFault((f"{name}: not a usable redis:// or rediss:// URL",)) from None


def contract_of(settings: Settings) -> Contract:
    """Return the contract of the settings in both forms.

    Raises `SettingsFault` if its YAML or the JSON beside it cannot be served.
    """
    return contract.read(settings.contract_file(contract.SHIPPED))
