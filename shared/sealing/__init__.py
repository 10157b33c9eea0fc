"""Secrets and seals: envelope encryption and the key providers."""
