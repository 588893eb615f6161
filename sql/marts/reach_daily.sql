-- reach_daily: one row per day, site, platform, region and category: whom tracking reaches, and who is lost to it why
-- grain: date, site, platform, region, category   owner: product analytics
-- incremental: date
-- Of the people shown the banner: granted, refused, or made no choice on the category. Where there are more answers
-- than prompts shown, impressions are missing and no_choice is null.
select
    "date",
    site,
    platform,
    region,
    category,
    sum(shown)::bigint as shown,
    sum(granted)::bigint as granted,
    sum(denied)::bigint as refused,
    if(sum(choices) > sum(shown), null, sum(shown) - sum(asked))::bigint as no_choice
from marts.opt_in_daily
group by all
