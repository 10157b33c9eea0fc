"""Runs a Functions app without Azure: Microsoft's worker runtime, Azurite, and a thin host.

A development tool; never deployed. The host knows nothing of Interkeep.
"""
