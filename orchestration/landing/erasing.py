"""Erasing a person from raw/: pseudonyms take the place of names, every row stays and counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import duckdb

from orchestration.landing.contract import DEVELOPER, EMAIL, Contract, read_contract
from orchestration.landing.errors import LandingError
from orchestration.landing.forgetting import ForgottenPeople
from orchestration.landing.landing import open_raw
from orchestration.landing.names import Name, Names
from orchestration.landing.raw import RawFolder
from orchestration.landing.rewriting import Rewriter, Rewriting
from orchestration.landing.scan import REASON_WITHOUT_VALUE, TEXT_OF_REJECT
from orchestration.landing.secrets import TokenKey, literal, read_token_key
from orchestration.settings import DataFolder


@dataclass(frozen=True)
class Erasure:
    """What an erasure did to raw/.

    Attributes:
        pseudonyms: what each name was replaced by, by kind and name in lower case.
        rewriting: the rows that were renamed.
        files: the files that brought a name, relative to landing/, earlier erasures included.
    """

    pseudonyms: Mapping[Name, str]
    rewriting: Rewriting
    files: tuple[str, ...]


def find_people(data: DataFolder, names: Iterable[str]) -> dict[Name, str]:
    """What names the same people as some names do, and the pseudonyms of all; changes nothing.

    From a developer's id it goes on to the addresses, logins and browsers in that developer's rows,
    from there to the contacts with these addresses and to their ids and other addresses, but not
    back from an address to other developers. From an address or a login that was given it goes to
    the developers who have it.

    Args:
        data: the data folder, whose lock the caller holds.
        names: ids, e-mail addresses or logins; ``<kind>:<name>`` or ``<CRM>:<id of a contact>``
            for one that several people have. None: those of an erasure that was interrupted.

    Returns:
        Pseudonyms by kind and name; a name that raw/ does not hold is taken for a developer's id
        or an address.

    Raises:
        LandingError: nobody was named, a name means several people, the token key is not the one
            of raw/, or the machine failed.
    """
    with open_raw(data) as (raw, connection, _):
        people = ForgottenPeople(data.root, _key(data, raw, connection))
        rewriter = Rewriter(raw, connection, read_contract())
        return _find(rewriter, connection, people, names).pseudonyms()


def forget(data: DataFolder, names: Iterable[str]) -> Erasure:
    """Gives people pseudonyms in raw/, and in all that lands later.

    Every value that names one of them is replaced, in each table by the same pseudonym, so that all
    that is counted stays as it is. What else identifies them in their rows is emptied. Keyed hashes
    of the names are kept in ``forgotten.json``. Killed at any moment it leaves raw/ whole; the next
    landing finishes it, and so does repeating it.

    Args:
        data: the data folder, whose lock the caller holds.
        names: as for ``find_people``.

    Raises:
        LandingError: as for ``find_people``.
    """
    with open_raw(data) as (raw, connection, _):
        people = ForgottenPeople(data.root, _key(data, raw, connection))
        return _erase(raw, connection, read_contract(), people, names)


def finish_erasing(
    raw: RawFolder,
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    people: ForgottenPeople,
) -> Erasure:
    """Erases from raw/ who is in the list and is there still, by old or newly learned names."""
    return _erase(raw, connection, contract, people, ())


def _erase(
    raw: RawFolder,
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    people: ForgottenPeople,
    given: Iterable[str],
) -> Erasure:
    rewriter = Rewriter(raw, connection, contract, people.parameters)
    names = _find(rewriter, connection, people, given)
    names.enlist()
    # From now on nothing of theirs lands. What is landed already follows, or the next landing
    # sees that it did not.
    people.save(is_finished=False)
    names.replace()
    hashes = rewriter.rename(names) | rewriter.files_with(names.pseudonyms().values())
    rejects = people.names_them(TEXT_OF_REJECT)
    hashes |= rewriter.remove_texts(rejects, REASON_WITHOUT_VALUE)
    files = _paths(raw, connection, hashes)
    rewriting = rewriter.rewrite()
    people.save(is_finished=True)
    return Erasure(names.pseudonyms(), rewriting, files)


def _key(data: DataFolder, raw: RawFolder, connection: duckdb.DuckDBPyConnection) -> TokenKey:
    key, _ = read_token_key(data.root / "token_key")
    raw.check_key(key, has_landed=bool(raw.read_ledger(connection)))
    return key


def _find(
    rewriter: Rewriter,
    connection: duckdb.DuckDBPyConnection,
    people: ForgottenPeople,
    given: Iterable[str],
) -> Names:
    """Names in raw/ and, among them, those of the people who were given or are in the list."""
    given = list(dict.fromkeys(name.strip().lower() for name in given if name.strip()))
    if not given and people.is_finished:
        raise LandingError(
            "Nobody was named: give ids, e-mail addresses or logins, DEVELOPER=<id> or one a line."
        )
    names = Names(connection, people)
    rewriter.read_names(names)
    names.take(_resolved(rewriter.contract, names, people, given))
    names.take_listed()
    names.follow()
    return names


def _resolved(
    contract: Contract, names: Names, people: ForgottenPeople, given: list[str]
) -> set[Name]:
    """The kinds of names that were given.

    A name that nothing is known of is kept for all kinds.
    """
    kinds = {str(column.person) for table in contract.tables for column in table.naming}
    kinds |= names.kinds()
    bare = {name: _split(name, kinds) for name in given}
    found = names.kinds_of({*given, *(name for _, name in bare.values())})
    resolved: set[Name] = set()
    for number, name in enumerate(given, start=1):
        if name in found:
            resolved |= {(kind, name) for kind in _one_person(number, name, found[name])}
            continue
        kind, rest = bare[name]
        if kind:
            resolved.add((kind, rest))
            continue
        listed = {kind for kind in kinds if people.knows(kind, name)}
        if not listed or people.is_known_anywhere(name):
            people.add_anywhere([name])
            listed = {EMAIL if "@" in name else DEVELOPER}
        resolved |= {(kind, name) for kind in listed}
    return resolved


def _split(name: str, kinds: set[str]) -> tuple[str | None, str]:
    """Kind and name of what was given as ``<kind>:<name>`` or ``<CRM>:<id>``."""
    label, _, rest = name.partition(":")
    for kind in (label, f"contact of {label}"):
        if rest and kind in kinds:
            return kind, rest.strip()
    return None, name


def _one_person(number: int, name: str, kinds: set[str]) -> set[str]:
    """The kinds in which a name means one person: an address anywhere, else a developer first."""
    if "@" in name or len(kinds) == 1:
        return kinds
    if DEVELOPER in kinds:
        return {DEVELOPER}
    choices = sorted(f"{kind.removeprefix('contact of ')}:..." for kind in kinds)
    raise LandingError(
        f"Name {number} of those given may stand for several people; say which one is meant by "
        f"{' or '.join(choices)} with the name in place of the dots."
    )


def _paths(
    raw: RawFolder, connection: duckdb.DuckDBPyConnection, hashes: set[str]
) -> tuple[str, ...]:
    """Where files lay in landing/ when they were landed."""
    listed = ", ".join(literal(each) for each in sorted(hashes))
    pattern = literal(str(raw.batches / "*" / "landing" / "files" / "*.parquet"))
    if not hashes:
        return ()
    found = connection.execute(
        f"select distinct path from read_parquet({pattern}, union_by_name = true) "
        f"where file_hash in ({listed}) order by path"
    ).fetchall()
    return tuple(path for (path,) in found)
