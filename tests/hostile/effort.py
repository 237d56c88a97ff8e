"""Effort in function calls: the same on every machine, loaded or not."""

import sys


class TooMuchEffort(BaseException):
    """More calls than were allowed; no handler of the code under test takes it for its own."""


class Effort:
    """Counts the calls of Python and built-in functions inside its block and stops it after ``most``."""

    def __init__(self, most):
        self.most = most
        self.calls = 0

    def __enter__(self):
        sys.setprofile(self._note)
        return self

    def __exit__(self, *_):
        sys.setprofile(None)

    def _note(self, _frame, event, _argument):
        if event in ("call", "c_call"):
            self.calls += 1
            if self.calls > self.most:
                raise TooMuchEffort(self.most)
