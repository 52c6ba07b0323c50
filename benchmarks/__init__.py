"""Benchmarks: commands that print figures. Never imported by tests."""
