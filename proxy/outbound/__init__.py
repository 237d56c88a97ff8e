"""The one door to the providers: every byte that leaves for one passes ``call``."""
