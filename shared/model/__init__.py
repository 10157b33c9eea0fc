"""The types of requests, answers and stored values. Imports no other package of Interkeep."""
