"""AWS CloudTrail as AWS delivers it: real files of one account."""

from __future__ import annotations

import pytest

from orchestration.settings import PROJECT

LOGS = PROJECT.parent / "shared" / "data" / "cloudtrail" / "AWSLogs"


@pytest.mark.skipif(not LOGS.is_dir(), reason=f"{LOGS} is not here")
def test_real_cloudtrail_lands_whole(ground):
    (ground.data.landing / "cloudtrail").mkdir(parents=True)
    (ground.data.landing / "cloudtrail" / "AWSLogs").symlink_to(LOGS)
    result = ground.land()
    assert (result.rows_landed, result.rows_rejected) == (30_477, 0)
    assert result.tables["cloudtrail.events"].files == 3_872
    assert ground.value("select count(distinct event_id) from events") == 23_981
    assert ground.value("select count(*) from events where event_time is null") == 0
    assert ground.value("select count(*) from files where rows_landed > 0") == 3_872
    assert ground.value("select count(distinct (_file_hash, _row_number)) from events") == 30_477
    assert ground.land().batch_ids == []
