"""Builds the contract file from its sources."""

from service.contract.document import build, render
from service.contract.folder import SHIPPED, Examples, committed, stale, write

__all__ = ["SHIPPED", "Examples", "build", "committed", "render", "stale", "write"]
