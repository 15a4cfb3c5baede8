"""Batches of requests, each answered as it would be alone."""
