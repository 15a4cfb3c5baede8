"""Evaluates the knowledge with cases and vignettes; the server never imports it."""
