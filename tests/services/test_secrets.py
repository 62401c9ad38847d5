"""After a real run on the sample: no key anywhere, no address, no e-mail where none belongs."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from orchestration.sample import simulate
from orchestration.settings import PROJECT, DataFolder

pytestmark = pytest.mark.services

E_MAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
# Where e-mail addresses may be: the raw layer, and the databases with the resolution layer.
MAY_HOLD_E_MAILS = ("raw/", "warehouse.duckdb", "dev/")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    """A data folder after a landing and a run."""
    data = DataFolder(tmp_path_factory.mktemp("data"))
    simulate(data.landing, developers=60)
    environment = {k: v for k, v in os.environ.items() if k != "NORTH_STAR_TOKEN_KEY"}
    for command in (["land"], ["run"]):
        done = subprocess.run(
            [sys.executable, "-m", "orchestration", *command],
            cwd=PROJECT,
            env={**environment, "NORTH_STAR_DATA": str(data.root)},
            umask=0o022,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, done.stdout
        (data.root / f"{command[0]}.log").write_text(done.stdout)
    return data


@pytest.fixture(scope="module")
def delivered(data: DataFolder) -> dict[str, set[str]]:
    """The keys, addresses, e-mail addresses and user agents in the files of landing/, as other
    systems wrote them."""
    found: dict[str, set[str]] = {
        "token": set(),
        "client_ip": set(),
        "email": set(),
        "user_agent": set(),
    }
    with duckdb.connect() as connection:
        for pattern, reader in (
            ("jsonl*", "read_json"),
            ("csv*", "read_csv"),
            ("parquet", "read_parquet"),
        ):
            for file in data.landing.rglob(f"*.{pattern}"):
                relation = f"{reader}('{file}'{', all_varchar = true' * (reader == 'read_csv')})"
                try:
                    names = {
                        row[0] for row in connection.sql(f"describe from {relation}").fetchall()
                    }
                except duckdb.Error:
                    continue  # a file that the sample breaks on purpose
                for name, kind in (
                    ("token", "token"),
                    ("replaces_token", "token"),
                    ("client_ip", "client_ip"),
                    ("email", "email"),
                    ("user_agent", "user_agent"),
                ):
                    if name in names:
                        values = connection.sql(
                            f"select distinct {name} from {relation}"
                        ).fetchall()
                        found[kind] |= {str(value) for (value,) in values if value}
    assert all(len(values) > 20 for values in found.values())
    return found


def texts(path: Path) -> str:
    """All that a file says, its compressed columns included."""
    said = path.read_bytes().decode("utf-8", "replace")
    if path.suffix == ".parquet":
        said += str(duckdb.sql(f"from '{path}'").fetchall())
    if path.suffix == ".duckdb":
        with duckdb.connect(path, read_only=True) as database:
            tables = database.execute(
                "select database_name, schema_name, table_name from duckdb_tables()"
            ).fetchall()
            for names in tables:
                relation = ".".join(f'"{name}"' for name in names)
                said += str(database.execute(f"from {relation}").fetchall())
    return said


def test_no_key_and_no_address_is_in_any_file_but_those_of_landing(
    data: DataFolder, delivered: dict[str, set[str]]
) -> None:
    secrets = {
        value
        for kind in ("token", "client_ip")
        for value in delivered[kind]
        if len(value) >= 7  # shorter ones are found in any number
    }
    words = re.compile(r"[\w.:-]+")
    seen = 0
    for path in data.root.rglob("*"):
        if not path.is_file() or path.is_symlink() or data.landing in path.parents:
            continue
        seen += 1
        found = secrets & set(words.findall(texts(path)))
        assert not found, f"{path.relative_to(data.root)} holds {len(found)} secrets"
    assert seen > 50


def test_e_mail_addresses_are_in_the_raw_and_resolution_layers_only(
    data: DataFolder, delivered: dict[str, set[str]]
) -> None:
    emails = {email.strip().lower() for email in delivered["email"]}
    held = set()
    for path in data.root.rglob("*"):
        if not path.is_file() or path.is_symlink() or data.landing in path.parents:
            continue
        name = str(path.relative_to(data.root))
        said = {match.group().lower() for match in E_MAIL.finditer(texts(path))}
        if said & emails:
            held.add(next((place for place in MAY_HOLD_E_MAILS if name.startswith(place)), name))
    assert held <= set(MAY_HOLD_E_MAILS)
    assert "raw/" in held, "the search finds nothing"


def test_no_user_agent_is_published(data: DataFolder, delivered: dict[str, set[str]]) -> None:
    # With its version; the name of an SDK alone is a dimension.
    agents = {agent for agent in delivered["user_agent"] if "/" in agent}
    assert len(agents) > 20
    raw = "".join(texts(path) for path in data.raw.rglob("*.parquet") if "requests" in str(path))
    assert any(agent in raw for agent in agents), "the search finds nothing"
    for path in data.published.resolve().rglob("*"):
        # What dbt knows of the project has the lists of user agents that people edit.
        if path.is_file() and path.parent.name != "dbt":
            said = texts(path)
            found = [agent for agent in agents if agent in said]
            assert not found, f"{path.name} holds {found[:3]}"


def test_what_may_hold_people_is_readable_by_its_owner_only(data: DataFolder) -> None:
    private = [data.raw, data.dev, data.warehouse, data.root / "token_key"]
    for path in [*private, *data.raw.rglob("*")]:
        if not path.is_symlink():
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    # And what is published, others can read.
    for path in (data.published / "north_star.duckdb", data.published / "parquet"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o004, path
