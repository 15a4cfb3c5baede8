"""The kinds of refusals below the application.

The metric and the log use these names.
"""

from __future__ import annotations

from typing import Final

from service.problems import BELOW_APPLICATION

FRAMING: Final = "framing-too-large"
MEMORY: Final = "out-of-memory"
CONNECTIONS: Final = "too-many-connections"
PIPELINE: Final = "pipeline-too-long"
BODY: Final = "body-not-wanted"
UNREAD: Final = "not-read"

REFUSALS: Final = (*(kind.slug for kind in BELOW_APPLICATION), FRAMING, MEMORY, CONNECTIONS, PIPELINE, BODY, UNREAD)
