"""The policies that are shipped: their limits, and the places they cover."""

from __future__ import annotations

import re

from consent.policies import Registry
from consent.settings import ROOT

POLICIES = ROOT / "policies"


def test_shipped_limits_are_those_of_the_table() -> None:
    named = {
        (code, name): limit.value.text
        for code, jurisdiction in Registry.load(POLICIES).jurisdictions.items()
        for name, versions in jurisdiction.limits.items()
        for limit in versions
        if limit.value
    }
    assert named == {
        ("default", "consent_validity"): "P12M",
        ("default", "storage_lifetime_cap"): "P13M",
        ("default", "proof_retention"): "P24M",
        ("FR", "consent_validity"): "P6M",
        ("FR", "reask_floor"): "P6M",
        ("FR", "storage_lifetime_cap"): "P13M",
        ("FR", "measurement_retention"): "P25M",
        ("IE", "consent_validity"): "P6M",
        ("IT", "reask_floor"): "P6M",
        ("ES", "consent_validity"): "P24M",
        ("ES", "reask_floor"): "P24M",
        ("CZ", "consent_validity"): "P12M",
        ("CZ", "reask_floor"): "P6M",
        ("DE", "reask_floor_recognised_service"): "P1Y",
        ("LU", "consent_validity"): "P12M",
        ("TCF", "consent_validity"): "P13M",
        ("TCF", "tc_string_age"): "P13M",
        ("US-CA", "reask_floor"): "P12M",
        ("US-CA", "request_log_minimum"): "P24M",
    }


def test_eu_and_eea_members_all_have_a_place() -> None:
    members = set(re.findall("..", "ATBEBGCYCZDEDKEEESFIFRGRHRHUIEISITLILTLULVMTNLNOPLPTROSESISK"))
    assert len(members) == 27 + 3
    regions = {region for j in Registry.load(POLICIES).jurisdictions.values() for region in j.regions}
    assert regions >= members | {"GB", "US-CA", "US-CO", "US-CT"}
