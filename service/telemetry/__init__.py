"""What the operator sees: one log line and a few counters a request; `deploy/telemetry.md` lists all of it."""
