"""`quince-profile`: look at a profile again, in another form, or beside another one."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from sim.machine import ImageError
from sim.profile.output import FORMS, check_name, save
from sim.profile.report import read_profile
from sim.profile.table import comparison, tables

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Print tables or write files; returns 0, or 1 if a file cannot be used."""
    parser = argparse.ArgumentParser(
        prog="quince-profile",
        description="show a profile that quince-sim --profile wrote, or compare two of them")
    parser.add_argument("profile", metavar="FILE", help="a .qprof file")
    parser.add_argument("--compare", metavar="AFTER", help="another one: show what has changed")
    parser.add_argument("-o", "--output", metavar="OUT", action="append", default=[],
                        help="write it in another form, by the ending: "
                             + ", ".join(f"{ending} {what}" for ending, what in FORMS.items()))
    options = parser.parse_args(argv)
    try:
        for name in options.output:
            check_name(name)
        profile = read_profile(Path(options.profile))
        if options.compare:
            for line in comparison(profile, read_profile(Path(options.compare))):
                print(line)
        elif not options.output:
            for line in tables(profile):
                print(line)
        for name in options.output:
            save(profile, name)
        sys.stdout.flush()
    except ImageError as error:
        print(f"quince-profile: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    return 0


if __name__ == "__main__":
    sys.exit(main())
