"""``/proxy``: the provider's own API, one to one, with the linked account's credential put in."""
