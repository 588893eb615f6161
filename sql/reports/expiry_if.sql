-- expiry_if: one row per site, when its standing consents would run out if each stood for $months months
-- grain: site   owner: compliance
-- $jurisdiction narrows to consents given under it; the months are calendar months, clamped to the month's end.
with standing as (
    select
        site,
        valid_until,
        decided_at + to_months(cast($months as integer)) as would_end
    from consent_current
    where
        state in ('active', 'outdated')
        and ($site is null or site = $site)
        and ($jurisdiction is null or jurisdiction = $jurisdiction)
)

select
    site,
    count(*) as standing,
    count(*) filter (where would_end <= $as_of) as gone_at_once,
    count(*) filter (where would_end > $as_of and would_end <= $as_of + to_days(30)) as within_30,
    count(*) filter (where would_end > $as_of and would_end <= $as_of + to_days(90)) as within_90,
    count(*) filter (where valid_until > $as_of and valid_until <= $as_of + to_days(90)) as within_90_now
from standing
group by site
order by site
