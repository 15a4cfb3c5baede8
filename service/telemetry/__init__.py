"""The log and the metrics for the operator.

Each request has one log line and a few counters. `deploy/telemetry.md` lists all of them.
"""
