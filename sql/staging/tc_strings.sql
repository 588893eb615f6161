-- tc_strings: one row per distinct TC string that came, with what its core segment says of itself
-- grain: tc_string   owner: compliance
-- incremental: new
-- IAB TCF, "Consent string and vendor list formats v2": base64url characters are 6 bits each, and every field read here
-- begins and ends with one. Character 1 is the version, 2-7 created and 8-13 last_updated (tenths of a second since
-- 1970), 23 the policy version; a further segment's type is the first 3 bits of its first character, 1 being the
-- disclosed vendors. A string that is not of version 2, or not base64url, is not valid and says nothing.
with strings as (
    select distinct tc_string
    from raw.events
    where tc_string is not null
),

parts as (
    select
        tc_string,
        string_split(tc_string, '.') as segments,
        regexp_full_match(tc_string, '[A-Za-z0-9_-]{38,}([.][A-Za-z0-9_-]+)*') as is_base64url
    from strings
),

bits as (
    select
        tc_string,
        segments,
        is_base64url,
        list_transform(
            string_split(rpad(segments[1], 23, 'A'), ''),
            lambda letter: instr('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_', letter) - 1
        ) as sextets,
        list_transform(
            segments[2:],
            lambda segment:
            (instr('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_', left(segment, 1)) - 1) // 8
        ) as segment_types
    from parts
),

fields as (
    select
        tc_string,
        is_base64url and sextets[1] = 2 as is_valid,
        list_dot_product(sextets[2:7]::double[], [64 ^ 5, 64 ^ 4, 64 ^ 3, 64 ^ 2, 64, 1]::double[])::bigint
            as created_ds,
        list_dot_product(sextets[8:13]::double[], [64 ^ 5, 64 ^ 4, 64 ^ 3, 64 ^ 2, 64, 1]::double[])::bigint
            as last_updated_ds,
        sextets[23] as policy_version,
        segment_types
    from bits
)

select
    tc_string,
    if(is_valid, make_timestamp(created_ds * 100000), null) as created,
    if(is_valid, make_timestamp(last_updated_ds * 100000), null) as last_updated,
    if(is_valid, policy_version, null)::integer as policy_version,
    is_valid and list_contains(segment_types, 1) as has_disclosed_vendors,
    is_valid
from fields
