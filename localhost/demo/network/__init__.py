"""The sample trading network: Tarnfell Pumps, its four suppliers and its carrier.

None of these companies exists. Documents and content lie in the folders beside this file;
agreements are built from a few facts each, because an agreement is 300 lines of settings of which
ten are its own; secrets and certificates are made when the network is built.
"""
