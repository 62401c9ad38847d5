"""The sample's files hold what its truth says, and an event changes nothing but its own rows."""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration.sample import SampleError, simulate

DEVELOPERS = 60


@dataclass(frozen=True)
class World:
    landing: Path
    truth: dict

    def files(self) -> list[str]:
        return [entry["path"] for entry in self.truth["files"]]

    def read(self, path: str) -> bytes:
        content = (self.landing / path).read_bytes()
        return gzip.decompress(content) if path.endswith(".gz") else content

    def records(self, folder: str) -> list[dict]:
        """The readable lines of a table's JSON Lines files."""
        lines = [
            line
            for path in self.files()
            if path.startswith(folder) and path.endswith(".jsonl.gz")
            for line in self.read(path).splitlines()
        ]
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def make(tmp_path_factory):
    def make_world(*without: str) -> World:
        landing = tmp_path_factory.mktemp("world") / "landing"
        return World(landing, simulate(landing, DEVELOPERS, without=set(without)))

    return make_world


@pytest.fixture(scope="module")
def world(make):
    return make()


@pytest.fixture(scope="module")
def without_campaign(make):
    return make("campaign")


@pytest.fixture(scope="module")
def only_campaign(make):
    return make("outage", "sdk_release", "silent_customer")


def read_back(world: World) -> duckdb.DuckDBPyConnection:
    """A database with the gateway's rows as its files have them, a file's second copy left out.

    ``delivered``: every row, columns as text. ``requests``: the rows that count, one per request.
    """
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    folder = world.landing / "api_gateway" / "api_requests"
    names = [
        *("request_id", "requested_at", "token", "path", "endpoint", "status_code", "is_success"),
        *("environment", "user_agent", "client_ip", "latency_ms"),
    ]
    lines = sorted(
        path.as_posix()
        for path in folder.iterdir()
        if ".parquet" not in path.name and ".csv" not in path.name and "-again" not in path.name
    )
    from_lines = ", ".join(f"line ->> '{name}' as {name}" for name in names)
    as_text = ", ".join(f"{name}::varchar as {name}" for name in names)
    connection.execute(
        f"""
        create table delivered as
        with lines as (
            select filename, column0 as text, if(json_valid(column0), column0, null)::json as line
            from read_csv({lines}, header = false, quote = '', escape = '', delim = '\x01',
                          columns = {{'column0': 'varchar'}}, filename = true)
        )
        select filename, line is not null as is_json, {from_lines} from lines
        union all
        select filename, true, {as_text}
        from read_csv('{folder}/*.csv.gz', all_varchar = true, filename = true)
        union all
        select filename, true, {as_text} from read_parquet('{folder}/*.parquet', filename = true)
        """
    )
    connection.execute(
        """
        create table readable as
        select
            * replace (
                coalesce(
                    -- A cast to timestamp would drop the offset without a word.
                    make_timestamp(epoch_us(try_cast(requested_at as timestamptz))),
                    epoch_ms(try_cast(requested_at as bigint))
                ) as requested_at,
                try_cast(status_code as integer) as status_code
            )
        from delivered
        """
    )
    connection.execute("delete from readable where requested_at is null or status_code is null")
    connection.execute(
        """
        create table in_range as
        select
            *,
            row_number() over (
                partition by filename, requested_at, token, path, user_agent, client_ip, latency_ms
            ) as ordinal
        from readable
        where status_code between 100 and 599 and year(requested_at) between 2000 and 2098
        """
    )
    connection.execute(
        """
        create table requests as
        select *, date_trunc('week', requested_at)::date as week_start
        from in_range
        qualify row_number() over (
            partition by
                requested_at::date,
                coalesce(request_id, concat_ws('|', requested_at, token, path, latency_ms, ordinal))
            order by requested_at
        ) = 1
        """
    )
    versions = json.dumps(world.records("developer_portal/api_tokens/"))
    connection.execute(
        """
        create table tokens as
        select
            record ->> 'token' as token,
            min_by(record ->> 'developer_id', record ->> 'updated_at') as developer_id,
            any_value(record ->> 'environment') as environment
        from (select unnest(from_json($1, '["json"]')) as record)
        group by all
        """,
        [versions],
    )
    people = json.dumps(world.records("developer_portal/developers/"))
    connection.execute(
        """
        create table developers as
        select
            record ->> 'developer_id' as developer_id,
            any_value((record ->> 'signed_up_at')::timestamp) as signed_up_at,
            bool_or(lower(trim(record ->> 'email')) like '%@north-star.example') as is_internal
        from (select unnest(from_json($1, '["json"]')) as record)
        group by all
        """,
        [people],
    )
    connection.execute(
        """
        create view successes as
        select requests.*, developer_id, is_internal, tokens.environment as token_environment
        from requests
        left join tokens using (token)
        left join developers using (developer_id)
        where
            token <> ''
            and status_code not in (401, 403)
            and coalesce(
                is_success::boolean, status_code between 200 and 299 or status_code = 304
            )
        """
    )
    connection.execute(
        """
        create view qualified as
        select * from successes
        where
            not coalesce(is_internal, false)
            and endpoint <> '/health'
            and not regexp_matches(
                coalesce(user_agent, ''),
                'Googlebot|bingbot|AhrefsBot|Pingdom|kube-probe|UptimeRobot'
            )
            and coalesce(environment, token_environment, 'production') = 'production'
        """
    )
    return connection


@pytest.fixture(scope="module")
def rows(world):
    return read_back(world)


@pytest.fixture(scope="module")
def rows_of_only_campaign(only_campaign):
    return read_back(only_campaign)


def counts(connection, table):
    return connection.execute(f"select count(*) from {table}").fetchone()[0]


def test_same_arguments_give_the_same_bytes(world, make):
    again = make()
    assert again.truth == world.truth
    for path in [*world.files(), "sample.json"]:
        assert (again.landing / path).read_bytes() == (world.landing / path).read_bytes(), path


def test_truth_names_every_file_with_its_hash(world):
    on_disk = {
        path.relative_to(world.landing).as_posix()
        for path in world.landing.rglob("*")
        if path.is_file()
    }
    assert on_disk == {*world.files(), "sample.json"}
    for entry in world.truth["files"]:
        content = (world.landing / entry["path"]).read_bytes()
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()
    assert json.loads((world.landing / "sample.json").read_text()) == world.truth


def test_one_file_is_delivered_twice_under_two_names(world):
    hashes = [entry["sha256"] for entry in world.truth["files"]]
    assert len(hashes) - len(set(hashes)) == 1


def test_leaving_out_the_campaign_removes_only_its_rows(world, without_campaign):
    campaign = world.truth["events"]["campaign"]
    people = set(campaign["developer_ids"])
    keys = {
        record["token"]
        for record in world.records("developer_portal/api_tokens/")
        if record["developer_id"] in people
    }

    def is_of_campaign(line: bytes) -> bool:
        if not line.startswith(b"{") or not line.endswith(b"}"):
            return False
        record = json.loads(line)
        return (
            record.get("developer_id") in people
            or record.get("token") in keys
            or record.get("utm_campaign") == "autumn-boost"
        )

    removed = dict.fromkeys(("developers", "api_tokens", "api_requests", "page_views"), 0)
    assert world.files() == without_campaign.files()
    for path in world.files():
        before = world.read(path)
        after = without_campaign.read(path)
        if ".jsonl" not in path or ".zst" in path:
            assert before == after, path
            continue
        own = [line for line in before.splitlines() if is_of_campaign(line)]
        rest = [line for line in before.splitlines() if not is_of_campaign(line)]
        assert rest == after.splitlines(), path
        if own:
            removed[path.split("/")[1]] += len(own)
    assert removed == {
        "developers": campaign["extra_sign_ups"],
        "api_tokens": campaign["extra_tokens_created"],
        "api_requests": campaign["extra_request_rows"],
        "page_views": campaign["extra_page_views"],
    }
    assert min(removed.values()) > 0


def test_campaign_moves_no_number_that_counts(world, without_campaign):
    vanity = {"sign_ups", "tokens_created", "page_views"}

    def what_counts(truth):
        return [
            {name: value for name, value in week.items() if name not in vanity}
            for week in truth["expected"]["weekly"]
        ]

    assert what_counts(world.truth) == what_counts(without_campaign.truth)
    campaign = world.truth["events"]["campaign"]
    with_it, without_it = (
        {week["week_start"]: week["sign_ups"] for week in truth["expected"]["weekly"]}
        for truth in (world.truth, without_campaign.truth)
    )
    extra = {week: with_it[week] - without_it[week] for week in with_it}
    assert {week for week, more in extra.items() if more} == set(campaign["weeks"])
    assert sum(extra.values()) == campaign["extra_sign_ups"]


def test_outage_week_has_no_row_in_any_file(world, rows, rows_of_only_campaign):
    (week,) = world.truth["events"]["outage"]["weeks"]
    in_week = "readable where date_trunc('week', requested_at) = date '" + week + "'"
    assert counts(rows, in_week) == 0
    assert counts(rows_of_only_campaign, in_week) > 0
    by_week = {row["week_start"]: row for row in world.truth["expected"]["weekly"]}
    assert by_week[week]["weekly_active_tokens"] is None
    assert len(by_week) == 77


def test_counts_of_the_truth_add_up_to_the_rows_in_the_files(world, rows):
    expected = world.truth["expected"]["api_requests"]
    delivered = counts(rows, "delivered")
    readable = counts(rows, "readable")
    in_range = counts(rows, "in_range")
    assert expected["rows_delivered"] == delivered
    assert expected["unreadable"] == delivered - readable > 0
    assert expected["out_of_range"] == readable - in_range > 0
    assert expected["duplicates"] == in_range - counts(rows, "requests") > 0
    assert sum(world.truth["expected"]["outcomes"].values()) == delivered
    watermark = rows.execute("select max(requested_at) from requests").fetchone()[0]
    assert expected["watermark"] == watermark.isoformat(timespec="milliseconds") + "Z"


def test_some_requests_without_an_id_are_delivered_twice(rows):
    without_id = counts(rows, "in_range where request_id is null")
    assert without_id > counts(rows, "requests where request_id is null") > 0


def test_weekly_active_tokens_are_those_of_the_files(world, rows):
    found = dict(
        rows.execute(
            "select week_start::varchar, (count(distinct token), count(*))::varchar "
            "from qualified group by all"
        ).fetchall()
    )
    expected = {
        week["week_start"]: f"({week['weekly_active_tokens']}, {week['qualified_requests']})"
        for week in world.truth["expected"]["weekly"]
        if week["weekly_active_tokens"]
    }
    assert found == expected
    assert counts(rows, "qualified") == world.truth["expected"]["outcomes"]["qualified"]


def delays(connection) -> dict[str, tuple[float, str]]:
    """Seconds from sign-up to the first success, and when that was, by developer."""
    found = connection.execute(
        """
        select
            developer_id,
            (epoch_ms(min(requested_at)) - epoch_ms(signed_up_at)) / 1000.0,
            min(requested_at)::date,
            signed_up_at::date
        from successes
        inner join developers using (developer_id)
        group by developer_id, signed_up_at
        """
    ).fetchall()
    return {row[0]: row[1:] for row in found}


def test_sdk_release_halves_the_delay_of_its_language_alone(world, rows, rows_of_only_campaign):
    release = world.truth["events"]["sdk_release"]
    (outage,) = world.truth["events"]["outage"]["weeks"]
    outage = date.fromisoformat(outage)
    speakers = {
        developer
        for (developer,) in rows.execute(
            "select distinct developer_id from requests inner join tokens using (token) "
            "where user_agent like 'north-star-python/%'"
        ).fetchall()
    }
    with_release, without_release = delays(rows), delays(rows_of_only_campaign)
    halved = 0
    for developer, (delay, succeeded_on, signed_up_on) in with_release.items():
        if developer not in without_release:
            continue
        full_delay, would_have_on, _ = without_release[developer]
        if outage <= min(succeeded_on, would_have_on) < outage + timedelta(days=7):
            continue
        if developer in speakers and signed_up_on >= date.fromisoformat(release["date"]):
            assert delay == pytest.approx(full_delay / 2, abs=0.002), developer
            halved += 1
        else:
            assert delay == full_delay, developer
    assert halved >= 3


def test_silent_customer_rotates_a_key_then_falls_silent(world, rows, rows_of_only_campaign):
    customer = world.truth["events"]["silent_customer"]
    (outage,) = world.truth["events"]["outage"]["weeks"]
    last = date.fromisoformat(customer["last_active_week"])
    people = customer["developer_ids"]

    def active_weeks(connection, of=people):
        found = connection.execute(
            "select distinct week_start from qualified where developer_id in "
            f"(select unnest({of})) order by all"
        ).fetchall()
        return [week for (week,) in found]

    first = date(2024, 7, 15)
    every_week = [first + timedelta(weeks=number) for number in range(75)]
    expected = [week for week in every_week if week <= last and week != date.fromisoformat(outage)]
    assert [week for week in active_weeks(rows) if week >= first] == expected
    assert [week for week in active_weeks(rows_of_only_campaign) if week >= first] == every_week
    assert all(
        [week for week in active_weeks(rows, [person]) if week >= first] == expected
        for person in people
    )

    registry = world.records("developer_portal/api_tokens/")
    (new,) = [
        record
        for record in registry
        if record["developer_id"] == customer["developer_id"] and record["replaces_token"]
    ]
    assert new["created_at"] == customer["new_token_created_at"]
    assert new["application_id"] == customer["application_id"]
    used = {
        token: (first_week, last_week)
        for token, first_week, last_week in rows.execute(
            "select token, min(week_start), max(week_start) from qualified group by all"
        ).fetchall()
    }
    rotated = date.fromisoformat(customer["rotated_week"])
    assert used[new["token"]] == (rotated, rotated + timedelta(weeks=3))
    assert used[new["replaces_token"]][1] == rotated
    assert customer["first_silent_week"] == (last + timedelta(weeks=1)).isoformat()


def test_rotations_of_the_truth_are_those_of_the_registry(world):
    """D9 by a join of its own; in this world no key has two candidates."""
    lineage = world.truth["expected"]["lineage"]
    latest = {}
    for record in world.records("developer_portal/api_tokens/"):
        latest[record["token"]] = record
    explicit = [record for record in latest.values() if record["replaces_token"]]

    def owner(record):
        scopes = frozenset((record["scopes"] or "").replace(",", " ").split())
        environment = record["environment"] or "production"
        return record["developer_id"], record["application_id"], environment, scopes

    def moment(text):
        return datetime.fromisoformat(text)

    inferred = [
        new
        for new in latest.values()
        for old in latest.values()
        if not new["replaces_token"]
        and new["application_id"]
        and owner(new) == owner(old)
        and old["created_at"] < new["created_at"]
        and old["revoked_at"]
        and abs(moment(old["revoked_at"]) - moment(new["created_at"])) <= timedelta(days=7)
    ]
    assert lineage["tokens"] == len(latest)
    assert lineage["explicit_links"] == len(explicit) > 0
    assert lineage["inferred_links"] == len(inferred)
    assert lineage["lineages"] == len(latest) - len(explicit) - len(inferred)


def test_a_world_is_only_made_where_it_can_be(tmp_path):
    with pytest.raises(SampleError, match="50 developers"):
        simulate(tmp_path / "small", developers=49)
    with pytest.raises(SampleError, match="'earthquake'"):
        simulate(tmp_path / "event", without={"earthquake"})
    (tmp_path / "export.csv").write_text("a\n1\n")
    with pytest.raises(SampleError, match="holds files already"):
        simulate(tmp_path)
    assert (tmp_path / "export.csv").read_text() == "a\n1\n"
