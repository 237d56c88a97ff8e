"""``python -m unified`` is ``interline``."""

from unified.cli import main

main()
