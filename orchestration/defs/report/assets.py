"""The weekly digest, after the publication it is a part of: shown, and sent once a week."""

import dagster as dg

from orchestration.defs.refresh.resources import RunLock
from orchestration.publishing import current_publication, what_stays
from orchestration.report import Delivery, deliver, read_digest
from orchestration.settings import DataFolder, digest_webhook

# A warning and no failure: the marts are published, and nobody should be woken for a message that
# the next run sends.
_IS_DELIVERED = dg.AssetCheckSpec(
    "is_delivered",
    asset="digest",
    description="Whether the latest final week's digest has reached its webhook, if there is one.",
)


@dg.asset(
    deps=["published"],
    group_name="report",
    kinds={"markdown"},
    owners=["team:analytics-engineering"],
    pool="warehouse",
    check_specs=[_IS_DELIVERED],
)
def digest(context: dg.AssetExecutionContext, run_lock: RunLock) -> dg.MaterializeResult:
    """The latest final week in some lines to forward, each number with the query that gives it."""
    data = DataFolder.from_environment()
    publication = current_publication(data)
    text = publication and read_digest(publication.folder)
    if not text:
        raise dg.Failure(
            f"There is no digest: it is published with the marts. {what_stays(data)}",
            allow_retries=False,
        )
    delivery = deliver(data, publication, text, digest_webhook())
    _warn(context, delivery)
    return dg.MaterializeResult(
        metadata={
            "digest": dg.MetadataValue.md(text),
            "delivery": delivery.told,
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=_IS_DELIVERED.name,
                passed=not delivery.has_failed,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"delivery": delivery.told},
            )
        ],
    )


def deliver_owed(context: dg.AssetExecutionContext) -> None:
    """Send the digest of what is published, if it should have been sent and was not: in a run that
    has nothing to publish, which skips the asset."""
    data = DataFolder.from_environment()
    publication = current_publication(data)
    text = publication and read_digest(publication.folder)
    if not text:
        return
    delivery = deliver(data, publication, text, digest_webhook())
    _warn(context, delivery)
    if delivery.was_tried:
        context.log.info(delivery.told)
        context.instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(
                asset_key=_IS_DELIVERED.asset_key,
                check_name=_IS_DELIVERED.name,
                passed=not delivery.has_failed,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"delivery": delivery.told},
            )
        )


def _warn(context: dg.AssetExecutionContext, delivery: Delivery) -> None:
    if delivery.has_failed:
        context.log.warning(delivery.told)
        print(f"Warning: {delivery.told}")  # a terminal does not show Dagster's own log
