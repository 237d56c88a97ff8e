"""``python -m sandbox NAME``: one simulator as a process of its own."""

import argparse

from sandbox.cli import SIMULATORS, WITH_DOCUMENTS, WITH_VERSIONS, run


def main() -> None:
    """Reads the command line and serves."""
    parser = argparse.ArgumentParser(prog="sandbox", description="A simulated provider on loopback.")
    parser.add_argument("name", choices=sorted(SIMULATORS))
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--control-port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--tickets", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate-limit", type=int, default=None, help="requests a minute and token")
    parser.add_argument(
        "--documented", action="store_true", help="follow public documents where the provider does otherwise"
    )
    parser.add_argument("--as-version", help="run as that version of the provider, where the sandbox has several")
    parser.add_argument("--json", action="store_true", help="one JSON line instead of text")
    given = parser.parse_args()
    if given.documented and given.name not in WITH_DOCUMENTS:
        parser.error(f"no document differs from the sandbox of {given.name}")
    if given.as_version and given.name not in WITH_VERSIONS:
        parser.error(f"the sandbox of {given.name} has one version")
    try:
        run(
            given.name,
            given.port,
            given.tickets,
            given.seed,
            given.rate_limit,
            given.json,
            given.control_port,
            documented=given.documented,
            version=given.as_version,
        )
    except OSError as error:
        parser.exit(1, f"cannot listen: {error}\n")


if __name__ == "__main__":
    main()
