"""The Unified API: one vocabulary in front of the Proxy API."""

import proxy

if not getattr(proxy, "INTERLINE", False):
    raise ImportError(
        "the package 'proxy' that Python found is not Interline's (PyPI's 'proxy.py' installs the same name): "
        "install Interline in an environment of its own"
    )
