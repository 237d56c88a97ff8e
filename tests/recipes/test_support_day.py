"""One script, two helpdesks, the same lines."""

import os
import subprocess
import sys

from tests.recipes.conftest import RECIPES

EXPECTED = """\
subject: Where is my parcel?
contact: ada.lovelace@example.com
tags: delivery, urgent
status: open
assigned: yes
internal by a user, private: Ada rang: the parcel is late.
outbound by a user, public: Dear Ada, we are looking for it.
internal by a user, private: The carrier says Tuesday.
"""


def test_a_support_day_reads_the_same_on_every_helpdesk_and_twice_changes_nothing(demo):
    for account in demo.accounts.values():
        environment = {**os.environ, "INTERLINE_URL": account.base_url, "INTERLINE_TOKEN": account.token}
        command = [sys.executable, RECIPES / "support_day.py", f"day-of-{os.getpid()}"]
        for _ in range(2):
            made = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            assert (made.stderr, made.stdout) == ("", EXPECTED), account.name
        assert len([one for one in account.walk("tickets", limit=200) if one["name"] == "Where is my parcel?"]) == 1
