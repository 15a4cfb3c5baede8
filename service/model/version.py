"""The version of the contract.

It is `info.version` of `openapi/openapi.yaml` and the header `API-Version`.
"""

from typing import Final

API_VERSION: Final = "2.0.0"
