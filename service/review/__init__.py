"""Evaluation of the knowledge with cases and vignettes.

The server never imports this package.
"""
