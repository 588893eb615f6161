-- due: one row per event that its site's retention says should be gone, or whose proof is no longer needed
-- grain: topic_id, partition, offset   owner: compliance
-- Whole UTC days. `events` of a site's retention goes for all that has no key of its own, decisions left out: these are
-- proof, and their period runs from the end of what they allowed. `measurement` is for what serves statistics alone:
-- prompts, dismissals and reopenings. Where one decision of a person must stay, all stay:
-- what was withdrawn can only be told from what was granted before. is_early: due by the policy, needed as proof.
with run_day as (
    select
        run.as_of,
        run.as_of::date as today
    from staging.run as run
),

named as (
    select
        context_id,
        topic_id,
        partition,
        "offset",
        site,
        subject,
        "date",
        case
            when kind = 'decision' then 'decisions'
            when kind = 'observation' then 'observations'
            when kind in ('impression', 'dismissal', 'reopen') then 'measurement'
            else 'events'
        end as relation
    from staging.received
),

proof as (
    select
        decisions.topic_id,
        decisions.partition,
        decisions."offset",
        max(decisions.valid_until + coalesce(sites.proof_retention, limits.value))
            over (partition by decisions.subject_key) as until
    from staging.decided as decisions
    left join policy.sites as sites on decisions.site = sites.site
    left join staging.limits as limits
        on coalesce(sites.jurisdiction, 'default') = limits.jurisdiction and limits.limit_name = 'proof_retention'
),

judged as (
    select
        named.* replace (
            if(named.relation = 'measurement' and own.value is null, 'events', named.relation) as relation
        ),
        coalesce(own.value, if(named.relation = 'decisions', null, general.value)) as value,
        proof.until as proof_until,
        proof.topic_id is not null as is_proof
    from named
    left join policy.retention as own on named.site = own.site and named.relation = own.relation
    left join policy.retention as general on named.site = general.site and general.relation = 'events'
    left join proof
        on
            named.topic_id = proof.topic_id
            and named.partition = proof.partition
            and named."offset" = proof."offset"
)

select
    contexts.topic,
    judged.topic_id,
    judged.partition,
    judged."offset",
    judged.site,
    judged."date",
    judged.relation,
    coalesce(judged.value::varchar, 'end of the proof period') as rule,
    judged.is_proof and judged.proof_until >= run_day.as_of as is_early
from judged
inner join staging.contexts as contexts on judged.context_id = contexts.context_id
cross join run_day
where
    case
        when judged.value is not null then judged."date" + judged.value < run_day.today
        when judged.is_proof then judged.proof_until < run_day.as_of
        else false
    end
