"""Reads a request body into a report: the facts about one runner."""
