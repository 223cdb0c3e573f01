"""Benchmarks: each measure beside its reference, taken in the same run (design numbers; no timed tests)."""
