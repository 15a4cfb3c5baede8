"""Compiles the knowledge once, then decides on each report from it alone."""

from service.engine.engine import EncodedAssessment, Engine

__all__ = ["EncodedAssessment", "Engine"]
