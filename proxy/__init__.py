"""The Proxy API: one door to the provider, with the customer's credential put in."""

#: Read by ``unified`` to tell this package from PyPI's ``proxy.py``, which installs the same top-level name.
INTERLINE = True
