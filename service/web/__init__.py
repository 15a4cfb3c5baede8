"""The HTTP edge: routes, bodies, problems, and documents; the only layer that speaks Litestar."""
