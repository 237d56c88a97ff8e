"""Linking by the customer: link tokens, and the page that a customer sees."""
