"""Benchmarks: too long for the test suite, with claims that are checked all the same. `make bench-scale`, `make bench-replication`."""
