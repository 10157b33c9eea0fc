"""The types that travel and are stored. Imports nothing else of Interkeep."""
