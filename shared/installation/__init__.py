"""Wiring: the stores of an installation, and the parts that work on them, created once a
process."""
