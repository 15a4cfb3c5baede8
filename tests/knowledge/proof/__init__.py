"""The rules as formulas for an SMT solver, read from their conditions and never from the engine's terms."""
