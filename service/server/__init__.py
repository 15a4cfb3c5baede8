"""The HTTP server: uvicorn, and everything here that overrides it."""
