"""Access control: partners' keys and rate limits.

This layer depends on no framework. The HTTP layer only calls it.
"""
