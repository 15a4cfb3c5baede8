"""The rules as SMT formulas, built from conditions, not engine terms."""
