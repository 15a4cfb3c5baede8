"""The HTTP edge: routes, bodies, problems, documents and the server; the only layer that speaks Litestar."""
