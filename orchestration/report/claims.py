"""What the digest says: of each subject the questions, and the sentence that their answers make."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from orchestration.report import questions as ask
from orchestration.report.questions import Question, Row
from orchestration.wording import duration, label, measure, number, rate, signed

# Rows of each question; None where its table is not published.
Answers = Sequence[Sequence[Row] | None]

_NORTH_STARS = ("weekly_active_tokens", "weekly_active_companies")


@dataclass(frozen=True)
class Subject:
    """One line of the digest.

    Attributes:
        name: what it is about.
        questions: the first one is what it cannot do without.
        tell: makes a sentence of the answers, or None if there is nothing to say.
        needs_logs: whether a week without logs leaves nothing to say.
    """

    name: str
    questions: tuple[Question, ...]
    tell: Callable[[Answers], str | None]
    needs_logs: bool = True


def subjects(week: date) -> list[Subject]:
    """The lines of the digest, in their order.

    Args:
        week: first day of the latest final week.
    """
    day = week.isoformat()
    changes = tuple(ask.change_of(metric, day) for metric in _NORTH_STARS)
    return [
        *(subject for metric in _NORTH_STARS for subject in _north_star(metric, week)),
        Subject("what moved most", changes, _quiet_week),
        Subject("growth", (ask.growth(day),), _growth),
        Subject("time to first hello world", (ask.hello_worlds(day),), _hello_worlds),
        Subject(
            "what only looks like growth",
            (
                ask.judged("fct_channel_scorecard_weekly"),
                ask.vanity("fct_channel_scorecard_weekly", "channel"),
                ask.judged("fct_campaign_scorecard_weekly"),
                ask.vanity("fct_campaign_scorecard_weekly", "campaign"),
            ),
            _looks_like_it,
            needs_logs=False,
        ),
        Subject("whom to call", (ask.SILENT, ask.SILENT_FIRST), _whom_to_call, needs_logs=False),
        Subject("stuck developers", (ask.STUCK, ask.STUCK_ON), _stuck, needs_logs=False),
        Subject("targets", (ask.targets(day),), _targets),
        Subject("events", (ask.events(day),), _events, needs_logs=False),
        Subject(
            "how much is known",
            (ask.completeness(day), ask.RESTATED),
            _completeness,
            needs_logs=False,
        ),
    ]


def _north_star(metric: str, week: date) -> tuple[Subject, Subject]:
    """The number with its change, and what has moved it, if that is more than noise."""

    def tell(answers: Answers) -> str | None:
        (value,), changes = answers[0] or [{}], answers[1]
        told = f"{label(metric).capitalize()}: {number(value.get(metric))}"
        if changes is None:
            return f"{told}."
        if not changes or changes[0]["change"] is None:
            return f"{told}. There is no week before to compare it with."
        return f"{told}, {_change(changes[0], week)}."

    def tell_driver(answers: Answers) -> str | None:
        changes, drivers = answers
        is_news = any(row["is_within_noise"] is False for row in changes or ())
        return _driver(metric, drivers) if is_news else None

    day = week.isoformat()
    change = ask.change_of(metric, day)
    return (
        Subject(metric, (ask.value_of(metric, day), change), tell),
        Subject("what moved most", (change, ask.driver_of(metric, day)), tell_driver),
    )


def _change(changed: Row, week: date) -> str:
    """How much, since when, and whether that is more than the weeks usually differ by."""
    before = _day(changed["previous_week_start"])
    since = (
        "the week before" if before == str(week - timedelta(days=7)) else f"the week of {before}"
    )
    grown = changed["growth_rate"]
    in_per_cent = f", {'+' if grown > 0 else ''}{rate(grown)}" if grown is not None else ""
    told = f"{signed(changed['change'])} on {since}{in_per_cent}"
    if changed["is_within_noise"] is None:
        return f"{told}; too few weeks are known to tell what is usual"
    place = "within" if changed["is_within_noise"] else "outside"
    return f"{told}: {place} the usual week-to-week noise ({_band(changed)})"


def _band(changed: Row) -> str:
    """The whole numbers within the band: rounded, -2.97 to 2.97 would seem to have a +3 in it."""
    low, high = changed["usual_low"], changed["usual_high"]
    if low is not None and high is not None and math.ceil(low) <= math.floor(high):
        low, high = math.ceil(low), math.floor(high)
    return f"{signed(low)} to {signed(high)}"


def _quiet_week(answers: Answers) -> str | None:
    if all(rows and rows[0]["is_within_noise"] for rows in answers):
        return "A quiet week: neither north star moved by more than it usually does."
    return None


def _driver(metric: str, drivers: Sequence[Row] | None) -> str:
    if not drivers:
        return f"{label(metric).capitalize()} moved, and no segment that is published says why."
    (driver,) = drivers
    parts = [
        f"{number(driver[name])} {words}"
        for name, words in (
            ("new", "new"),
            ("resurrected", "back"),
            ("churned", "churned"),
            ("switched_in", "switched in"),
            ("switched_out", "switched out"),
        )
        if driver[name]
    ]
    made_of = f" ({', '.join(parts)})" if parts else ""
    of_all = "" if driver["is_explaining"] else "no segment stands out; the first is "
    return (
        f"What moved {label(metric)} most: {of_all}{_words(driver['dimension'])} "
        f"{driver['segment']}, {signed(driver['contribution'])}{made_of}."
    )


def _growth(answers: Answers) -> str | None:
    for grown in answers[0] or ():
        if grown["new"] is None:
            return None
        if grown["is_left_censored"]:
            return "Growth: this is the first week of the logs, in which everyone looks new."
        won = f"{number(grown['new'])} new and {number(grown['resurrected'])} back"
        lost = f"{number(grown['churned'])} churned token lineages"
        ratio = grown["quick_ratio"]
        each = f"{ratio:.2f} won for each one lost" if ratio is not None else "none was lost"
        return f"Growth: {won}, {lost}; {each}."
    return None


def _hello_worlds(answers: Answers) -> str | None:
    for told in answers[0] or ():
        median, converted = told["ttfhw_p50_seconds"], told["converted_7d_rate"]
        within = f"; within 7 days {rate(converted)} had one" if converted is not None else ""
        return f"Median time to first hello world of recent sign-ups: {duration(median)}{within}."
    return None


def _looks_like_it(answers: Answers) -> str | None:
    told, weeks = [], []
    for name, judged, flagged in (("channel", *answers[:2]), ("campaign", *answers[2:])):
        for week in judged or ():
            weeks.append(f"{name}s in the week of {_day(week['week_start'])}")
            if week["flagged"]:
                told.append(_flagged(name, week, flagged or ()))
    if not weeks:
        return None
    if not told:
        return f"Nothing only looks like growth, among {' and '.join(weeks)}."
    return f"Only looks like growth: {'; '.join(told)}."


def _flagged(name: str, week: Row, flagged: Sequence[Row]) -> str:
    named = ", and ".join(_looks_like_growth(row, name) for row in flagged)
    count = number(week["flagged"])
    first = f" (the first {len(flagged)} of {count})" if week["flagged"] > len(flagged) else ""
    return f"in the week of {_day(week['week_start'])}{first} {named}"


def _looks_like_growth(row: Row, name: str) -> str:
    risen = [
        _against_usual(row, column, words)
        for column, words in (
            ("page_views", "page views"),
            ("sign_ups", "sign-ups"),
            ("tokens_created", "tokens created"),
        )
        if (row[column] or 0) > (row[f"usual_{column}"] or 0)
    ]
    value = _against_usual(row, "hello_worlds_7d", "hello worlds")
    return f"{name} {row[name]} with {', '.join(risen) or 'more inputs'}, but {value}"


def _against_usual(row: Row, column: str, words: str) -> str:
    return f"{number(row[column])} {words} (usually {number(row[f'usual_{column}'])})"


def _whom_to_call(answers: Answers) -> str | None:
    silent, first = answers
    count = silent[0]["companies"] if silent else 0
    if not count:
        return "Whom to call: no company has fallen silent."
    named = "; ".join(_silent_company(row) for row in first or ())
    are = "company has" if count == 1 else "companies have"
    rest = "" if count <= len(first) else ", first"
    return f"Whom to call: {number(count)} {are} fallen silent{rest}: {named}."


def _silent_company(row: Row) -> str:
    band = row["company_size_band"]
    size = [f"{band} employees"] if band and band != "unknown" else []
    error = _error(row["last_error_status_code"], row["last_error_endpoint"])
    # Without its day an old error would look like the reason.
    if error and row["last_error_at"]:
        error += f" on {_day(row['last_error_at'])}"
    since = [f"since {_day(row['silent_since'])}"] if row["silent_since"] else []
    facts = ", ".join([*size, *since, *([f"last error {error}"] * bool(error))])
    return (row["company_name"] or row["company_id"]) + (f" ({facts})" if facts else "")


def _stuck(answers: Answers) -> str | None:
    stuck, errors = answers
    count = stuck[0]["developers"] if stuck else 0
    if not count:
        return "Stuck developers: none."
    told = f"Stuck developers: {number(count)} wait for their hello world"
    for row in errors or ():
        error = _error(row["last_error_status_code"], row["endpoint"])
        return (
            f"{told}; the last error of {number(row['developers'])} of the "
            f"{number(stuck[0]['with_error'])} that met one was {error}."
        )
    return f"{told}; none of them met an error."


def _targets(answers: Answers) -> str | None:
    told = [_target(row) for row in answers[0] or () if row["gap"] is not None]
    return f"Targets: {'; '.join(told)}." if told else None


def _target(row: Row) -> str:
    metric, gap = row["metric"], abs(row["gap"])
    aim = f"{_words(row['direction'])} {measure(metric, row['target'])}"
    by = f"{100 * gap:.1f} points" if metric.endswith("_rate") else measure(metric, gap)
    verdict = f"{'reached' if row['is_reached'] else 'missed'}{f' by {by}' if gap else ''}"
    return f"{label(metric)} {measure(metric, row['value'])} of {aim}, {verdict}"


def _events(answers: Answers) -> str | None:
    told = [
        f"{_words(row['kind'])} {row['event_id']} ({_period(row)})"
        + (f", {row['description'].rstrip('.')}" if row["description"] else "")
        for row in answers[0] or ()
    ]
    return f"In this week: {'; '.join(told)}." if told else None


def _period(row: Row) -> str:
    first, last = _day(row["event_date"]), _day(row["end_date"] or row["event_date"])
    return first if first == last else f"{first} to {last}"


def _completeness(answers: Answers) -> str | None:
    weeks, restated = answers
    for row in weeks or ():
        told = [f"logs on {number(row['days_with_logs'])} of 7 days"]
        if row["is_sampled"]:
            told.append("they are sampled, so that counts of tokens and companies are too low")
        if row["resolved_tokens_rate"] is not None:
            resolved = rate(row["resolved_tokens_rate"])
            told.append(f"{resolved} of the active tokens belong to a known company")
        told += [_restated(row) for row in restated or () if row["numbers"]]
        return f"How much is known: {'; '.join(told)}."
    return None


def _restated(row: Row) -> str:
    weeks = f"{number(row['weeks'])} {'week' if row['weeks'] == 1 else 'weeks'}"
    are = "number of {} is" if row["numbers"] == 1 else "numbers of {} are"
    return (
        f"{number(row['numbers'])} {are.format(weeks)} told otherwise than when first "
        "published as final"
    )


def _error(status: int | None, endpoint: str | None) -> str:
    if status is None:
        return ""
    return f"{status} on {endpoint}" if endpoint else str(status)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _day(time: Any) -> str:
    """The day of a date or of a time in UTC, as JSON has it."""
    return str(time)[:10]
