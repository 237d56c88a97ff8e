"""Customers' linked helpdesks, and who may reach them."""
