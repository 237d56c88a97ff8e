"""Probing: whether a live account still behaves as a provider file assumes, found out by reading alone."""
