"""Entry of ``python -m railbelt.update``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from railbelt import update
from railbelt.errors import RailbeltError
from railbelt.update import apis
from railbelt.web import CAUTIOUS, Limits


def main(arguments: list[str] | None = None, limits: Limits = CAUTIOUS) -> int:
    """Check, or apply a review; return 0, 1 if a source did not answer, 2 if nothing could be done."""
    parser = argparse.ArgumentParser(prog="python -m railbelt.update", description=update.__doc__.split("\n\n")[0])
    parser.add_argument("tables", nargs="*", help="tables to check; all that an interface speaks about by default")
    parser.add_argument("--apply", type=Path, metavar="REVIEW.CSV", help="write the lines that say yes in this review")
    parser.add_argument("--to", type=Path, default=Path("_build/update"), help="folder of the review")
    parser.add_argument("--data", type=Path, help="another folder of data")
    parser.add_argument("--world-bank", default=apis.WORLD_BANK, help=argparse.SUPPRESS)
    parser.add_argument("--comtrade", default=apis.COMTRADE, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    try:
        if chosen.apply:
            said = update.apply(update.read_review(chosen.apply), chosen.data)
            print("\n".join(said) or "No line says yes: nothing is written.")
            if said:
                print("Now run make test, make references, and read git diff before you commit.")
            return 0
        found = update.check(
            chosen.tables or None,
            chosen.data,
            chosen.world_bank,
            chosen.comtrade,
            limits,
            say=lambda line: print(line, file=sys.stderr),
        )
        chosen.to.mkdir(parents=True, exist_ok=True)
        (chosen.to / "review.md").write_text(update.report(found), encoding="utf-8")
        found.lines.to_csv(chosen.to / "review.csv", index=False, lineterminator="\n")
    except (RailbeltError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(update.report(found))
    print(f"Written: {chosen.to / 'review.csv'} and review.md. The data are as they were.")
    return 1 if found.failures else 0


if __name__ == "__main__":
    sys.exit(main())
