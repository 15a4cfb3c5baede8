"""Builds the contract file from its sources; knows no framework and serves nothing."""

from service.contract.document import build, render
from service.contract.folder import SHIPPED, Examples, committed, stale, write

__all__ = ["SHIPPED", "Examples", "build", "committed", "render", "stale", "write"]
