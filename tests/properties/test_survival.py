"""Survival curves and log-rank tests, held against published results and another program's.

People become developers who sign up, those who were watched to the end say hello with a request,
and those who were not delete their accounts: what is tested are the project's own models.
"""

from __future__ import annotations

import csv
import math
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.stats
from lifelines import KaplanMeierFitter
from lifelines.statistics import multivariate_logrank_test

from tests.compiled import compile_models
from tests.properties.reference import Settings
from tests.properties.warehouse import Warehouse
from tests.properties.worlds import DEVELOPERS, FILES, REQUESTS, TOKENS, Row, deliver, full_row

MARTS = ("fct_ttfhw_survival", "fct_ttfhw_summary", "fct_ttfhw_comparisons")
PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "data" / "survival"
HOUR = timedelta(hours=1)
WATERMARK = datetime(2026, 1, 1)
# Before everybody's sign-up: nobody is left-truncated.
FIRST_LOG = datetime(2009, 1, 1)
SEED = 1958
Mart = dict[tuple[str, str, str], list[dict[str, Any]]]
Marts = dict[str, Mart]


@dataclass(frozen=True)
class Person:
    """Somebody of a study.

    Attributes:
        cohort: first day of the month in which all of the study sign up.
        group: which of the study's groups they are in.
        duration: for how long they were watched.
        is_event: whether they said hello at its end.
    """

    cohort: date
    group: str
    duration: timedelta
    is_event: bool

    @property
    def seconds(self) -> float:
        """The duration in seconds."""
        return self.duration.total_seconds()


def build(warehouse: Warehouse, people: Sequence[Person]) -> Marts:
    """The marts of a program of these people, by cohort, dimension and segment."""
    landed_at = WATERMARK + HOUR
    developers, tokens, requests = [], [], []
    for number, person in enumerate(people):
        signed_up_at = datetime(person.cohort.year, person.cohort.month, 2)
        ends_at = signed_up_at + person.duration
        developers.append(
            full_row(
                DEVELOPERS,
                developer_id=f"d{number}",
                signed_up_at=signed_up_at,
                country=person.group,
                deleted_at=None if person.is_event else ends_at,
            )
        )
        tokens.append(
            full_row(
                TOKENS, token_id=f"t{number}", developer_id=f"d{number}", created_at=signed_up_at
            )
        )
        if person.is_event:
            requests.append(_request(f"t{number}", ends_at))
    requests += [_request(None, FIRST_LOG), _request(None, WATERMARK)]
    rows: dict[str, list[Row]] = {DEVELOPERS: developers, TOKENS: tokens, REQUESTS: requests}
    tables = {table: deliver(given, f"{table} file", landed_at) for table, given in rows.items()}
    # So that the events of the seed count.
    tables[FILES] = [full_row(FILES, is_sample=True)]
    built = warehouse.build(tables)
    marts: Marts = {name: defaultdict(list) for name in built}
    for name, found in built.items():
        for row in found:
            if row["unit"] == "developer":
                marts[name][row["cohort"], row["dimension"], row["segment"]].append(row)
    return marts


def _request(token_id: str | None, at: datetime) -> Row:
    return full_row(REQUESTS, token_id=token_id, requested_at=at, status_code=200)


def of(
    mart: Mart, cohort: date | str, dimension: str, segment: str = "all"
) -> list[dict[str, Any]]:
    """The rows of one cohort, dimension and segment."""
    return mart[str(cohort), dimension, segment]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A database with the marts of survival."""
    return Warehouse(Settings(), tmp_path_factory.mktemp("survival"), MARTS)


# -- Published results -----------------------------------------------------------------------------

STUDIES = {
    "anderson": (date(2010, 1, 1), " ", "t", "status", "1", "Rx"),
    "waltons_dataset": (date(2011, 1, 1), ",", "T", "E", "1", "group"),
    "lung": (date(2012, 1, 1), ",", "time", "status", "1", "sex"),
}


def _read(name: str) -> Iterator[Person]:
    cohort, separator, time, status, event, group = STUDIES[name]
    with (PUBLISHED / f"{name}.csv").open(newline="") as lines:
        for row in csv.DictReader(lines, delimiter=separator):
            hours = float(row[time]) * HOUR
            yield Person(cohort, row[group], hours, float(row[status]) == float(event))


def _hours(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 3600


@pytest.fixture(scope="module")
def published(warehouse: Warehouse) -> Marts:
    """The marts of the three studies."""
    if not PUBLISHED.exists():
        pytest.skip("The studies are not in ../shared/data.")
    return build(warehouse, [person for name in STUDIES for person in _read(name)])


def test_medians_and_their_limits_equal_the_published_ones(published: Marts) -> None:
    with (PUBLISHED / "truth_km.csv").open(newline="") as lines:
        truth = list(csv.DictReader(lines))
    assert len(truth) == 9
    for row in truth:
        cohort = STUDIES[row["dataset"]][0]
        segment = ("all", "all") if row["group"] == "ALL" else ("country", row["group"])
        (found,) = of(published["fct_ttfhw_summary"], cohort, *segment)
        limits = [row["median_own"], row["median_ci_low_own"], row["median_ci_high_own"]]
        assert [found["n"], found["converted"]] == [int(row["n"]), int(row["events"])]
        assert [
            _hours(found[name])
            for name in ("p50_seconds", "p50_ci_lower_seconds", "p50_ci_upper_seconds")
        ] == [float(limit) if limit else None for limit in limits]


@pytest.mark.parametrize("group", ["0", "1"])
def test_curves_equal_the_published_ones(group: str, published: Marts) -> None:
    with (PUBLISHED / f"truth_km_curve_anderson_Rx{group}.csv").open(newline="") as lines:
        truth = list(csv.DictReader(lines))
    curve = of(published["fct_ttfhw_survival"], STUDIES["anderson"][0], "country", group)
    events = sorted(
        (row for row in curve if row["n_events"]), key=lambda row: row["duration_seconds"]
    )
    assert len(events) == len(truth)
    for found, row in zip(events, truth, strict=True):
        assert [_hours(found["duration_seconds"]), found["n_at_risk"], found["n_events"]] == [
            float(row["t"]),
            int(row["n_at_risk"]),
            int(row["d"]),
        ]
        for name, limit in (
            ("survival", "S"),
            ("ci_lower", "ci_low_loglog"),
            ("ci_upper", "ci_high_loglog"),
        ):
            expected = None if row[limit] == "nan" else pytest.approx(float(row[limit]), abs=5e-7)
            assert found[name] == expected


def test_the_groups_of_a_published_study_differ_as_published(published: Marts) -> None:
    """The log-rank test of 6-MP against placebo, as in many a textbook: 16.79 on one degree."""
    (found,) = of(published["fct_ttfhw_comparisons"], STUDIES["anderson"][0], "country")
    assert found["degrees_of_freedom"] == 1
    assert found["chi_square"] == pytest.approx(16.79, abs=0.005)
    assert found["p_value"] == pytest.approx(math.erfc(math.sqrt(found["chi_square"] / 2)))


# -- Another program -------------------------------------------------------------------------------

WORLDS = 100


def _random_world(number: int) -> list[Person]:
    """A study of a month of its own: few or many, with ties or without, some with no event."""
    chance = random.Random(SEED + number)
    cohort = date(2010 + number // 12, 1 + number % 12, 1)
    # The last ones sign up in the years of the seed program_events.
    if number >= 80:
        cohort = date(2024 + (number - 76) // 12, 1 + (number - 76) % 12, 1)
    is_tied = chance.random() < 0.5
    share = chance.choice([0, 0.2, 0.5, 0.8, 1, 1])
    groups = [f"group {place}" for place in range(chance.choice([1, 2, 2, 3, 4, 5, 7, 12]))]
    speeds = {group: chance.choice([1, 1, 1, 3]) for group in groups}
    people = []
    for _ in range(chance.choice([1, 3, 12, 40, 90])):
        group = chance.choice(groups)
        seconds = speeds[group] * chance.expovariate(1 / 40_000)
        duration = (
            math.ceil(seconds / 20_000) * 5 * HOUR
            if is_tied
            else timedelta(microseconds=1 + int(seconds * 1e6))
        )
        people.append(Person(cohort, group, duration, chance.random() < share))
    return people


@pytest.fixture(scope="module")
def worlds() -> list[list[Person]]:
    """The random worlds."""
    return [_random_world(number) for number in range(WORLDS)]


@pytest.fixture(scope="module")
def found(warehouse: Warehouse, worlds: list[list[Person]]) -> Marts:
    """The marts of all of them, each a month's cohort of one program."""
    return build(warehouse, [person for world in worlds for person in world])


def _assert_curve(found: Sequence[dict[str, Any]], people: Sequence[Person]) -> None:
    fitted = KaplanMeierFitter().fit(
        [person.seconds for person in people], [person.is_event for person in people]
    )
    table = fitted.event_table[fitted.event_table["removed"] > 0]
    rows = sorted(found, key=lambda row: row["duration_seconds"])
    assert [row["duration_seconds"] for row in rows] == list(table.index)
    for name, column in (
        ("n_at_risk", "at_risk"),
        ("n_events", "observed"),
        ("n_censored", "censored"),
    ):
        assert [row[name] for row in rows] == list(table[column])
    survival = fitted.survival_function_["KM_estimate"].loc[table.index]
    np.testing.assert_allclose([row["survival"] for row in rows], survival, rtol=0, atol=1e-9)
    limits = fitted.confidence_interval_.loc[table.index]
    for row, lower, upper in zip(rows, *(limits[name] for name in limits), strict=True):
        if 1e-12 < row["survival"] < 1:
            assert [row["ci_lower"], row["ci_upper"]] == [
                pytest.approx(lower, abs=1e-9),
                pytest.approx(upper, abs=1e-9),
            ]
        else:
            assert row["ci_lower"] is row["ci_upper"] is None


def _assert_percentiles(found: dict[str, Any], people: Sequence[Person]) -> None:
    fitted = KaplanMeierFitter().fit(
        [person.seconds for person in people], [person.is_event for person in people]
    )
    curve = fitted.survival_function_["KM_estimate"]
    for name, share in (("p50_seconds", 0.5), ("p75_seconds", 0.25), ("p90_seconds", 0.1)):
        # Where the curve meets a share, the last bit of lifelines' logarithms decides.
        reached = [time for time, survival in curve.items() if survival <= share + 1e-9]
        assert found[name] == (min(reached) if reached else None)
    converters = sorted(person.seconds for person in people if person.is_event)
    middle = converters[(len(converters) - 1) // 2] if converters else None
    assert found["converters_only_p50_seconds"] == middle
    assert [found["n"], found["converted"]] == [len(people), len(converters)]
    assert found["is_small_sample"] == (len(people) < 30)


def _at_risk(people: Sequence[Person]) -> list[Person]:
    """Those whose group has anybody at risk when somebody says hello: others compare to nobody."""
    first = min((person.seconds for person in people if person.is_event), default=math.inf)
    groups = {person.group for person in people if person.seconds >= first}
    return [person for person in people if person.group in groups]


def _assert_log_rank(
    found: dict[str, Any], people: Sequence[Person], groups: Sequence[str]
) -> None:
    if len(set(groups)) < 2:
        assert found["chi_square"] is found["p_value"] is None
        return
    expected = multivariate_logrank_test(
        [person.seconds for person in people], groups, [person.is_event for person in people]
    )
    assert found["degrees_of_freedom"] == len(set(groups)) - 1
    assert found["chi_square"] == pytest.approx(expected.test_statistic, abs=1e-9, rel=1e-9)
    assert found["p_value"] == pytest.approx(expected.p_value, abs=1e-9)


def test_curves_equal_those_of_lifelines(found: Marts, worlds: list[list[Person]]) -> None:
    for world in worlds:
        cohort = world[0].cohort
        _assert_curve(of(found["fct_ttfhw_survival"], cohort, "all"), world)
        for group in {person.group for person in world}:
            members = [person for person in world if person.group == group]
            _assert_curve(of(found["fct_ttfhw_survival"], cohort, "country", group), members)
    everybody = [person for world in worlds for person in world]
    _assert_curve(of(found["fct_ttfhw_survival"], "all", "all"), everybody)


def test_percentiles_equal_those_of_lifelines(found: Marts, worlds: list[list[Person]]) -> None:
    for world in worlds:
        cohort = world[0].cohort
        (row,) = of(found["fct_ttfhw_summary"], cohort, "all")
        _assert_percentiles(row, world)
        for group in {person.group for person in world}:
            members = [person for person in world if person.group == group]
            (row,) = of(found["fct_ttfhw_summary"], cohort, "country", group)
            _assert_percentiles(row, members)


def test_log_rank_tests_equal_those_of_lifelines(found: Marts, worlds: list[list[Person]]) -> None:
    tested = 0
    for world in worlds:
        (row,) = of(found["fct_ttfhw_comparisons"], world[0].cohort, "country")
        compared = _at_risk(world)
        assert row["n"] == len(world)
        _assert_log_rank(row, compared, [person.group for person in compared])
        tested += row["chi_square"] is not None
    everybody = [person for world in worlds for person in world]
    (row,) = of(found["fct_ttfhw_comparisons"], "all", "country")
    _assert_log_rank(row, everybody, [person.group for person in everybody])
    assert row["degrees_of_freedom"] == 11
    assert tested > 50


def test_before_and_after_an_event_equal_lifelines(
    found: Marts, worlds: list[list[Person]]
) -> None:
    everybody = [person for world in worlds for person in world]
    rows = [
        row
        for row in of(found["fct_ttfhw_comparisons"], "all", "all")
        if row["comparison"] == "before_after"
    ]
    windows = {
        "python-sdk-2": (date(2025, 3, 3), 39),
        "gateway-outage": (date(2025, 6, 16), 12),
        "autumn-boost": (date(2025, 10, 13), 9999),
    }
    assert {row["event_id"] for row in rows} == windows.keys()
    for row in rows:
        day, weeks = windows[row["event_id"]]
        near = [
            person
            for person in everybody
            if abs((person.cohort.replace(day=2) - day).days + 0.5) < weeks * 7
        ]
        groups = ["before" if person.cohort.replace(day=2) < day else "after" for person in near]
        _assert_log_rank(row, near, groups)
        after = [person for person, group in zip(near, groups, strict=True) if group == "after"]
        assert row["n_after"] == len(after)
        assert row["converted_after"] == sum(person.is_event for person in after)


def test_an_adjusted_p_value_is_that_of_holm(found: Marts) -> None:
    families: dict[str | None, list[dict[str, Any]]] = defaultdict(list)
    for rows in found["fct_ttfhw_comparisons"].values():
        for row in rows:
            if row["cohort"] == "all":
                families[row["event_id"]].append(row)
    assert len(families) == 4
    for family in families.values():
        tested = sorted(
            (row for row in family if row["p_value"] is not None), key=lambda row: row["p_value"]
        )
        largest = 0.0
        for place, row in enumerate(tested):
            largest = max(largest, min(1.0, (len(tested) - place) * row["p_value"]))
            assert row["p_value_adjusted"] == pytest.approx(largest)
        assert all(row["p_value_adjusted"] is None for row in family if row not in tested)


def test_tails_of_the_chi_square_distribution_are_exact(tmp_path: Path) -> None:
    models = compile_models(["int_log_rank_p_values"])
    steps = {step.name: step for step in models.steps}
    statistics = [
        (degrees, chi_square)
        for degrees in (*range(1, 12), 30, 31, 100, 151)
        for chi_square in (1e-9, 0.01, 0.3, 0.5, 1.0, 3.84, 10.0, 31.0, 33.0, 100.0, 400.0, 1300.0)
    ]
    with models.connect(tmp_path, threads=1) as connection:
        connection.execute(
            f"create table {steps['int_log_rank_statistics'].relation} "
            "(comparison_id bigint, degrees_of_freedom bigint, chi_square double)"
        )
        connection.executemany(
            f"insert into {steps['int_log_rank_statistics'].relation} values (?, ?, ?)",
            [(number, *given) for number, given in enumerate(statistics)],
        )
        connection.execute(
            f"create table {steps['int_log_rank_scores'].relation} as "
            "select comparison_id, unnest(range(1, degrees_of_freedom + 2)) as group_number "
            f"from {steps['int_log_rank_statistics'].relation}"
        )
        found = dict(connection.execute(steps["int_log_rank_p_values"].query).fetchall())
    for number, (degrees, chi_square) in enumerate(statistics):
        expected = scipy.stats.chi2.sf(chi_square, degrees)
        assert found[number] == pytest.approx(expected, rel=1e-12, abs=1e-300), (
            degrees,
            chi_square,
        )
