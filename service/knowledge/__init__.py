"""Reader of the knowledge, which is the YAML in `data/`."""
