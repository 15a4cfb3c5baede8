"""The composition root: everything is built here, in this order, and passed down."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version

from prometheus_client import CollectorRegistry

from service import settings as settings_
from service.engine import Engine
from service.errors import SettingsFault
from service.knowledge import loader
from service.knowledge.catalogue import catalogue
from service.model.scales import Level
from service.problems import KINDS, UNHEARD
from service.settings import Settings
from service.telemetry.journal import Journal
from service.telemetry.log import adopt_standard_logging, open_log
from service.telemetry.metrics import Metrics
from service.web import contract
from service.web.app import build
from service.web.body import Body
from service.web.observe import Observe
from service.web.page import page
from service.web.server import SHARED_COUNTS

VERSION = version("runner-triage")


def create_app() -> Observe:
    """The application as the environment sets it; each worker calls this once."""
    return compose(settings_.read(os.environ))


def compose(settings: Settings) -> Observe:
    """The application with these settings.

    The log comes first so that all else can speak; the engine before the page, for a fault in the knowledge is
    likelier than one in the files around it.
    """
    log = open_log(settings.log_level, settings.log_format)
    adopt_standard_logging(log)
    engine_knowledge = loader.load(settings.knowledge_folder(loader.SHIPPED))
    engine = Engine(engine_knowledge)
    metrics = Metrics(CollectorRegistry(), shared=SHARED_COUNTS in os.environ)
    metrics.expect(Level, (kind.slug for kind in KINDS if kind not in UNHEARD))
    metrics.knowledge(engine.version, engine.digest)
    metrics.build(VERSION, platform.python_version())
    return build(
        engine=engine,
        catalogue=catalogue(engine_knowledge),
        contract=contract.Contract(contract_text(settings)),
        page=page(),
        body=Body(settings.body_limit_bytes, settings.body_seconds),
        metrics=metrics,
        journal=Journal(log, metrics, engine.version),
        cors_origins=settings.cors_origins,
    )


def contract_text(settings: Settings) -> bytes:
    """The contract file's bytes."""
    path = settings.contract_file(contract.SHIPPED)
    if not path.is_file():
        raise SettingsFault((f"TRIAGE_CONTRACT: there is no file {path}",))
    return path.read_bytes()
