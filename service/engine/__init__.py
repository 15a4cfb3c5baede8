"""The decision engine, compiled once from the knowledge.

Each decision depends only on the compiled knowledge and the report.
"""

from service.engine.engine import EncodedAssessment, Engine

__all__ = ["EncodedAssessment", "Engine"]
