"""Exporting a whole list to a file, so that it can be broken off and gone on with."""
