-- alerts: one row per alert: a number of a site that is not what it should be, and what moved it
-- grain: alert_id   owner: product analytics
-- Judged from the daily marts (consent/alerts), after each day that is over; the numbers are those of the alert's first
-- day. Listed for four weeks after its last.
select
    alert_id,
    kind,
    severity,
    site,
    metric,
    category,
    "date",
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
    segment,
    link
from staging.alerts
