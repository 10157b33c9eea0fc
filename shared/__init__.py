"""Interkeep: back up and restore B2B services. docs/architecture.md draws the house."""
