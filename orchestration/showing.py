"""What Dagster's page shows of a publication, and the tags that a run is found by."""

from __future__ import annotations

from typing import Any

import dagster as dg

from orchestration.publishing import Publication
from orchestration.report import DIGEST
from orchestration.settings import DataFolder
from orchestration.summary import headline
from orchestration.wording import no_final_week, week_dates


def show_publication(
    context: dg.AssetExecutionContext, data: DataFolder, publication: Publication
) -> dict[str, Any]:
    """The metadata of what was published; tags the run.

    Args:
        context: of the step that has published it.
        data: the data folder.
        publication: what was published.
    """
    watermark, week = publication.watermark, publication.latest_final_week
    reach = f"{watermark:%Y-%m-%d %H:%M} UTC" if watermark else "no logs yet"
    context.instance.add_run_tags(
        context.run_id,
        {
            "north_star/published": "yes",
            "north_star/watermark": reach,
            "north_star/latest_final_week": str(week["week_start"]) if week else "none",
        },
    )
    shown: dict[str, Any] = {
        "database": publication.schema or dg.MetadataValue.path(str(publication.database)),
        "link": dg.MetadataValue.path(str(data.published)),
        "digest": dg.MetadataValue.path(str(publication.folder / DIGEST)),
        "watermark": reach,
        "is_sample": publication.is_sample,
    }
    if week is None:
        return {**shown, "latest_final_week": no_final_week(watermark)}
    rows = "\n".join(f"| {label} | {value} |" for label, value in headline(week))
    title = f"week of {week_dates(week['week_start'])}"
    for name in ("weekly_active_tokens", "weekly_active_companies"):
        shown[name] = int(week[name]) if week[name] is not None else None
    shown = {name: value for name, value in shown.items() if value is not None}
    return {**shown, "latest_final_week": dg.MetadataValue.md(f"| {title} | |\n|---|---:|\n{rows}")}
