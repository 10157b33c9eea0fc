"""Wiring: the stores of an installation, and what works on them, once a process."""
