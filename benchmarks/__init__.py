"""Benchmarks: each workload beside what it is compared with, in one run; figures are ratios."""
