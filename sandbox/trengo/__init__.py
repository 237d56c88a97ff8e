"""A simulator of Trengo, written from its facts: state from a seed, both envelopes, its errors and its rate limit."""

from sandbox.trengo.simulator import Trengo

__all__ = ["Trengo"]
