"""Simulators of the providers, written from their facts: for the demo, the tests and the benchmarks."""
