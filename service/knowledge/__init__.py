"""The reader of the knowledge; the knowledge itself is the YAML in `data/`."""
