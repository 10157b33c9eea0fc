"""Pulls: a service is brought to what its integration account holds."""
