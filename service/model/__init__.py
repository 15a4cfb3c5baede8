"""The wire types of a response, and their scales.

This layer depends on no file, engine or framework.
"""
