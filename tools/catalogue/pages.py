"""The catalogue as HTML pages, which load nothing and need no server."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from tools.catalogue.content import Catalogue, Reference

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Edition:
    """What the pages are of.

    Attributes:
        published_at: when the tables were published, UTC.
        watermark: up to when the logs are complete, UTC.
        is_sample: whether there are rows of the simulator in it.
        run_id: of the publication.
    """

    published_at: datetime
    watermark: datetime | None
    is_sample: bool
    run_id: str


def render(catalogue: Catalogue, edition: Edition | None) -> Mapping[str, str]:
    """The pages by file name.

    Args:
        catalogue: what they say.
        edition: what they are of; None leaves that line out.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    defined = {number for _, texts in catalogue.definitions for number, _, _ in texts}
    environment.filters["prose"] = lambda text: _prose(text, defined)
    environment.filters["groupby_in_order"] = _grouped
    environment.globals |= {"catalogue": catalogue, "edition": edition, "link": _link}

    def page(template: str, **content: object) -> str:
        return environment.get_template(f"{template}.html.j2").render(content)

    return {
        "index.html": page("index"),
        "definitions.html": page("definitions"),
        **{metric.page: page("metric", metric=metric) for metric in catalogue.metrics},
        **{table.page: page("table", table=table) for table in catalogue.tables},
    }


def _grouped(items: Iterable[Any], attribute: str) -> list[tuple[str, list[Any]]]:
    """Items by an attribute, both in the order they come in; Jinja's own groupby sorts."""
    groups: dict[str, list[Any]] = {}
    for item in items:
        groups.setdefault(getattr(item, attribute), []).append(item)
    return list(groups.items())


def _link(reference: Reference) -> Markup:
    """The name of a node, which leads to its page if it has one."""
    if reference.page is None:
        return Markup('<span title="{}">{}</span>').format(reference.description, reference.name)
    return Markup('<a href="{}" title="{}">{}</a>').format(
        reference.page, reference.description, reference.name
    )


def _prose(text: str, defined: set[str]) -> Markup:
    """Text with `code`, *emphasis*, links to pages beside the docs left out, and D1 linked."""
    html = str(escape(text))
    html = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", html)
    html = re.sub(r"`([^`]+)`", r"<code>\1</code>", html)
    html = re.sub(r"(?<!\*)\*([^*]+)\*(?!\*)", r"<em>\1</em>", html)

    def to_definition(found: re.Match[str]) -> str:
        number = found[0]
        return f'<a href="definitions.html#{number}">{number}</a>' if number in defined else number

    return Markup(re.sub(r"\bD\d{1,2}\b", to_definition, html))
