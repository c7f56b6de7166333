"""The data sets and the console, for the faults."""

from tests.outside import demo, marie, opened, sets

__all__ = ["demo", "marie", "opened", "sets"]
