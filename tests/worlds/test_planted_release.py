"""The sample of the README: the release that was planted in it is found, and nothing else is."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from orchestration.sample import simulate
from orchestration.settings import DataFolder
from tests.worlds.conftest import RealWorld

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[RealWorld, dict]:
    """The sample as `make run` makes it, with what is true of it."""
    data = DataFolder(Path(tmp_path_factory.mktemp("sample")))
    written = simulate(data.landing)
    return RealWorld(data), written


def test_the_release_is_found_for_its_language_and_no_other(
    sample: tuple[RealWorld, dict],
) -> None:
    world, written = sample
    release = written["events"]["sdk_release"]
    compared = world.rows("""
        select segment, p_value, p_value_adjusted, converted_after > expected_after, n
        from fct_ttfhw_comparisons
        inner join seeds.program_events using (event_id)
        where
            kind = 'release' and fct_ttfhw_comparisons.dimension = 'sdk' and unit = 'developer'
    """)
    found = {sdk: numbers for sdk, *numbers in compared}
    of_language = f"north-star-{release['language']}"
    p_value, adjusted, is_faster, _ = found.pop(of_language)
    assert p_value < 0.01 and adjusted < 0.01 and is_faster
    assert len(found) >= 5
    assert all(p_value > 0.01 for p_value, *_ in found.values())


def test_the_seed_knows_when_what_was_planted_happened(sample: tuple[RealWorld, dict]) -> None:
    world, written = sample
    days = dict(world.rows("select kind, event_date from seeds.program_events"))
    events = written["events"]
    assert days == {
        "release": date.fromisoformat(events["sdk_release"]["date"]),
        "incident": date.fromisoformat(events["outage"]["weeks"][0]),
        "campaign": date.fromisoformat(events["campaign"]["weeks"][0]),
    }


def test_slow_starters_are_those_to_call(sample: tuple[RealWorld, dict]) -> None:
    """Who is stuck waits, has no hello world, and is ranked without a gap."""
    world, _ = sample
    stuck = world.rows("""
        select stake_rank, stuck_days, last_step, failed_attempts, last_error_status_code
        from fct_stuck_developers order by stake_rank
    """)
    assert [row[0] for row in stuck] == list(range(1, len(stuck) + 1))
    assert min(row[1] for row in stuck) > 7
    for _, _, last_step, failed_attempts, status_code in stuck:
        assert (status_code is None) == (failed_attempts == 0)
        assert last_step == "first_request" or failed_attempts == 0
    waiting = world.rows("""
        select count(*) from fct_time_to_first_hello_world
        where censor_reason = 'waiting' and duration_seconds > 7 * 86400
    """)
    assert waiting == [(len(stuck),)]
    assert len(stuck) > 100
