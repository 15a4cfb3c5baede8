"""Pure: compiles the knowledge once, then answers each request from it alone."""

from service.engine.engine import Engine

__all__ = ["Engine"]
