"""The stages of a unified write, each in a file of its own; ``unified/write.py`` runs them."""
