-- findings_since: one row per finding and what happened to it within the chosen days
-- grain: finding_id, change   owner: compliance
-- Without the person it may concern; of several changes of one kind the last.
with changes as (
    select
        finding_id,
        "event" as change,
        max("at") as changed_at
    from finding_history
    where "at" >= $date_from and "at" < cast($date_to as timestamp) + interval 1 day
    group by finding_id, "event"
),

titles as (
    select
        rule_id,
        title
    from rules
    where rule_case = ''
)

select
    findings.finding_id,
    changes.change,
    changes.changed_at,
    findings.rule_id,
    coalesce(titles.title, findings.rule_id) as rule_title,
    findings.severity,
    findings.kind,
    findings.jurisdiction,
    findings.site,
    replace(findings.item, findings.subject, '…') as item,
    replace(findings.observed, findings.subject, '…') as observed
from changes
inner join findings on changes.finding_id = findings.finding_id
left join titles on findings.rule_id = titles.rule_id
where ($site is null or findings.site = $site) and changes.change in ('opened', 'reopened', 'resolved')
order by
    changes.change,
    list_position(['critical', 'high', 'medium', 'low'], findings.severity),
    findings.site,
    findings.finding_id
