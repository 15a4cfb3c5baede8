"""The HTTP layer: routes, bodies, problems and documents.

No other layer uses Litestar.
"""
