"""The request reader and the report that it returns.

A report holds the facts about one runner.
"""
