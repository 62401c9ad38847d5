"""The digest of one publication: written beside its tables, and a function of nothing but them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.report.claims import Subject, subjects
from orchestration.report.markdown import harmless
from orchestration.report.questions import LATEST_FINAL_WEEK, PUBLICATION, Question, Row
from orchestration.wording import GAP, SAMPLE, no_final_week, reach, week_dates

if TYPE_CHECKING:
    from orchestration.publishing import Publication

DIGEST = Path("report", "digest.md")

# Asks a published set of tables; a question whose table is not there is left out of the answers.
Ask = Callable[[Sequence[Question]], Mapping[Question, Sequence[Row]]]


@dataclass(frozen=True)
class Claim:
    """A sentence and what proves it."""

    text: str
    evidence: tuple[Question, ...]


@dataclass(frozen=True)
class Digest:
    """What is told of a publication.

    Attributes:
        title: the week, or that there is none.
        preface: what it is told of, and until when.
        claims: the lines.
        missing: what it cannot speak of, because a table is not published.
    """

    title: str
    preface: Claim
    claims: tuple[Claim, ...] = ()
    missing: tuple[str, ...] = ()


def write_digest(folder: Path, publication: Publication, ask: Ask) -> None:
    """Write the digest of a publication into its folder.

    Args:
        folder: where it lies, before it is sealed.
        publication: what is published.
        ask: asks its tables.
    """
    file = folder / DIGEST
    file.parent.mkdir(exist_ok=True)
    file.write_text(markdown(compose(publication, ask)), encoding="utf-8")


def read_digest(folder: Path) -> str | None:
    """The digest of the publication in a folder; None if it was published without one."""
    try:
        return (folder / DIGEST).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def compose(publication: Publication, ask: Ask) -> Digest:
    """The digest of a publication.

    Nothing is said of a week that is not final, and in a gap nothing that its logs would tell.
    """
    week = publication.latest_final_week
    origin = [f"Run {harmless(publication.run_id[:8])}."] + [SAMPLE] * publication.is_sample
    if not week:
        reason = no_final_week(publication.watermark)
        preface = Claim(" ".join([reason, *origin]), (LATEST_FINAL_WEEK, PUBLICATION))
        return Digest("No week is final yet", preface)
    is_gap = week["is_data_gap"]
    facts = ["The latest week that is final.", *([GAP] * is_gap)]
    facts += [f"Logs are complete up to {reach(publication.watermark)}.", *origin]

    found = subjects(week["week_start"])
    asked = dict.fromkeys(each for subject in found for each in subject.questions)
    answers = {question: [*map(_row, rows)] for question, rows in ask(list(asked)).items()}
    known = [subject for subject in found if subject.questions[0] in answers]
    claims = [_claim(each, answers) for each in known if not (is_gap and each.needs_logs)]
    return Digest(
        title=f"Week of {week_dates(week['week_start'])}",
        preface=Claim(" ".join(facts), (LATEST_FINAL_WEEK, PUBLICATION)),
        claims=tuple(claim for claim in claims if claim),
        missing=tuple(dict.fromkeys(each.name for each in found if each not in known)),
    )


def _row(row: Row) -> dict[str, Any]:
    """A row of which no text can do harm, wherever a sentence puts it."""
    return {
        name: harmless(value) if isinstance(value, str) else value for name, value in row.items()
    }


def _claim(subject: Subject, answers: Mapping[Question, Sequence[Row]]) -> Claim | None:
    text = subject.tell([answers.get(question) for question in subject.questions])
    asked = tuple(question for question in subject.questions if question in answers)
    return Claim(text, asked) if text else None


def markdown(digest: Digest) -> str:
    """The digest in Markdown: the lines, and below them the query behind each reference."""
    numbers: dict[Question, int] = {}

    def told(claim: Claim) -> str:
        places = [numbers.setdefault(each, len(numbers) + 1) for each in claim.evidence]
        return f"{claim.text} {''.join(f'[{place}]' for place in places)}"

    lines = [f"# {digest.title}", "", told(digest.preface), ""]
    lines += [f"- {told(claim)}" for claim in digest.claims]
    if digest.missing:
        lines.append(
            f"- Not told, because its table is not published: {', '.join(digest.missing)}."
        )
    lines += [""] * bool(digest.claims or digest.missing)
    lines += ["Each number can be asked for in what is published:", "", "```"]
    for question, place in numbers.items():
        lines += [f"-- [{place}]", f"{question.sql()};"]
    return "\n".join([*lines, "```", ""])
