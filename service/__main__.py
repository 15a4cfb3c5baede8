"""Entry point of `python -m service`, which runs the `triage` command."""

from service.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
