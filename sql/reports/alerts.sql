-- alerts: one row per alert, those that last first, then the newest
-- grain: alert_id   owner: product analytics
select
    alert_id,
    kind,
    severity,
    site,
    metric,
    category,
    date,
    value,
    expected,
    expected_low,
    expected_high,
    prompts,
    drivers,
    message,
    first_seen,
    last_seen,
    status,
    dimension,
    segment
from alerts
where
    ($site is null or site = $site)
    and ($kind is null or kind = $kind)
    and ($status is null or status = $status)
order by case status when 'open' then 1 else 2 end asc, date desc, alert_id asc
limit 500
