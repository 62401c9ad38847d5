"""How numbers, weeks and what is not known yet are told to people, wherever they are told."""

from __future__ import annotations

from datetime import date, datetime, timedelta

SAMPLE = "These are numbers of the sample, not of your program."
GAP = "It is a gap: no logs arrived, so nothing is known of its activity."

_LABELS = {
    "new_sign_ups": "sign-ups",
    "ttfhw_p50_seconds": "median time to first hello world",
    "converted_24h_rate": "converted within 24 hours",
    "converted_7d_rate": "converted within 7 days",
}


def duration(seconds: float | None) -> str:
    """A duration in its two largest units; None is a median that half of them never reached."""
    if seconds is None:
        return "not reached"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")]
    first = next((place for place, (amount, _) in enumerate(parts) if amount), len(parts) - 1)
    return " ".join(f"{amount} {unit}" for amount, unit in parts[first : first + 2])


def number(value: float | None) -> str:
    """A count, or a number with one decimal; None is not known."""
    if value is None:
        return "-"
    rounded = round(value, 1) + 0  # no negative zero
    return f"{rounded:,.0f}" if rounded == round(rounded) else f"{rounded:,.1f}"


def signed(value: float | None) -> str:
    """A difference, with its sign; None is not known."""
    told = number(value)
    return f"+{told}" if value is not None and value > 0 and told != "0" else told


def rate(value: float | None) -> str:
    """A share, in per cent; None is not known."""
    return "-" if value is None else f"{value:.1%}"


def measure(name: str, value: float | None) -> str:
    """The value of a metric, in what the end of the metric's name says it is counted in."""
    if name.endswith("_seconds"):
        return duration(value)
    return rate(value) if name.endswith("_rate") else number(value)


def label(name: str) -> str:
    """A metric, in words."""
    return _LABELS.get(name, name.replace("_", " "))


def week_dates(week_start: date) -> str:
    """The first and the last day of a week."""
    return f"{week_start} to {week_start + timedelta(days=6)}"


def reach(watermark: datetime) -> str:
    """Up to when the logs are complete."""
    return f"{watermark:%Y-%m-%d %H:%M} UTC (the watermark)"


def no_final_week(watermark: datetime | None) -> str:
    """Why there is no number yet."""
    if watermark is None:
        return "No week is final yet: no logs have arrived."
    return f"No week is final yet: the logs are complete up to {reach(watermark)}."
