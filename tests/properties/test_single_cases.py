"""Small worlds in which the SQL was wrong once, or in which it is easily wrong."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.properties.comparison import differences
from tests.properties.reference import Registry, Settings
from tests.properties.warehouse import Warehouse
from tests.properties.worlds import (
    EVENTS,
    OVERRIDES,
    REQUESTS,
    TOKENS,
    Row,
    deliver,
    full_row,
)

LANDED_AT = datetime(2020, 3, 1)
WAREHOUSE = Callable[[str], Warehouse]


def request(token_id: str, at: datetime) -> Row:
    """A qualified request."""
    return full_row(REQUESTS, token_id=token_id, requested_at=at, status_code=200)


def token(token_id: str, **values: object) -> Row:
    """A version of a token of one developer and application."""
    of_one_kind = {"developer_id": "d", "application_id": "a"}
    return full_row(TOKENS, token_id=token_id, **(of_one_kind | values))


def test_an_override_counts_for_a_developer_whom_no_registry_knows(warehouse: WAREHOUSE) -> None:
    marts = warehouse("defaults").build(
        {
            REQUESTS: deliver([request("t", datetime(2020, 1, 8))], "f", LANDED_AT),
            TOKENS: deliver([token("t", created_at=datetime(2020, 1, 1))], "g", LANDED_AT),
            OVERRIDES: [{"scope": "developer", "id": "d", "company_id": "c"}],
        }
    )
    (row,) = marts["fct_weekly_active_tokens"]
    assert (row["resolution_method"], row["company_id"]) == ("manual", "c")


def test_a_link_that_would_close_a_circle_takes_nobodys_place(warehouse: WAREHOUSE) -> None:
    tokens = [
        # Made before `later`, and said to replace it.
        token(
            "early",
            created_at=datetime(2020, 1, 10),
            revoked_at=datetime(2020, 1, 20),
            replaces_token_id="later",
        ),
        token("later", created_at=datetime(2020, 1, 21)),
        # Its end is farther from the creation of `later` than that of `early`.
        token("first", created_at=datetime(2020, 1, 1), revoked_at=datetime(2020, 1, 24)),
    ]
    requests = [request(row["token_id"], datetime(2020, 1, 29)) for row in tokens]
    marts = warehouse("defaults").build(
        {
            REQUESTS: deliver(requests, "f", LANDED_AT),
            TOKENS: deliver(tokens, "g", LANDED_AT),
        }
    )
    lineages = {row["token_id"]: row["token_lineage_id"] for row in marts["dim_tokens"]}
    assert lineages == {"early": "first", "later": "first", "first": "first"}


@pytest.mark.parametrize(
    "differing",
    [{"aws_region": "us-east-1"}, {"error_code": "ThrottlingException"}, {"account_id": "2"}],
    ids=lambda differing: next(iter(differing)),
)
def test_events_without_an_id_that_differ_in_a_landed_column_are_two(
    differing: dict[str, str], warehouse: WAREHOUSE
) -> None:
    event = full_row(
        EVENTS,
        event_time=datetime(2020, 1, 8),
        token_id="t",
        event_source="s3.amazonaws.com",
        event_name="GetObject",
        error_code="NoSuchKey",
        aws_region="eu-west-1",
        account_id="1",
    )
    marts = warehouse("defaults").build(
        {
            EVENTS: [
                *deliver([event], "f", LANDED_AT),
                *deliver([event | differing], "g", LANDED_AT),
            ]
        }
    )
    outcomes = {
        row["outcome"]: row["requests"]
        for row in marts["fct_request_outcomes_weekly"]
        if row["requests"]
    }
    assert outcomes == {"unsuccessful": 2}


@pytest.fixture(scope="module")
def lineages_only(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    place: Path = tmp_path_factory.mktemp("lineages")
    return Warehouse(Settings(), place, ["int_token_lineages"])


@pytest.mark.parametrize("seed", range(25))
def test_crowded_registries_have_the_lineages_of_the_reference(
    seed: int, lineages_only: Warehouse
) -> None:
    chance = random.Random(seed)
    hours = 24 * chance.choice((10, 30, 60))
    tokens = []
    for number in range(chance.choice((4, 8, 16))):
        created_at = datetime(2020, 1, 1) + chance.randrange(hours) * timedelta(hours=1)
        ends_at = created_at + chance.randrange(1, 24 * 15) * timedelta(hours=1)
        tokens.append(
            token(
                f"t{number}",
                created_at=created_at,
                revoked_at=chance.choice((ends_at, ends_at, None)),
                replaces_token_id=chance.choice((f"t{chance.randrange(16)}", *[None] * 3)),
            )
        )
    tables = {TOKENS: deliver(tokens, "f", LANDED_AT)}
    firsts = Registry({**dict.fromkeys(OTHERS, ()), **tables}, Settings()).lineages()
    known = {row["token_id"] for row in tokens} | set(firsts.values())
    expected = [
        {"token_id": name, "token_lineage_id": firsts.get(name, name)} for name in sorted(known)
    ]
    found = lineages_only.build(tables)
    told = differences({"int_token_lineages": expected}, found)
    assert not told, "\n".join([f"Seed {seed}:", *told])


OTHERS = ("developer_portal/developers", "crm/companies", "crm/contacts", "github/profiles")
