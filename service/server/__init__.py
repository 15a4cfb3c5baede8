"""The HTTP server: uvicorn with the overrides of this service."""
