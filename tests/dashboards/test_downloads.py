"""Downloads hold what the page counts, and nobody's id."""

from __future__ import annotations

import csv
import io

import published
import pytest
from starlette.testclient import TestClient

from dashboards.downloads import DATASETS


def rows(client: TestClient, address: str) -> list[dict[str, str]]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def test_the_csv_adds_up_to_what_the_page_says(client: TestClient) -> None:
    address = "/data/opt_in.csv?site=a.example&from=2026-11-09&to=2026-11-15"
    marketing = [row for row in rows(client, address) if row["category"] == "marketing"]
    assert len(marketing) == 7
    assert sum(int(row["granted"]) for row in marketing) == 280
    assert sum(int(row["shown"]) for row in marketing) == 700
    assert {row["site"] for row in marketing} == {"a.example"}
    disposition = client.get(address).headers["content-disposition"]
    assert disposition == 'attachment; filename="consent_opt_in_2026-11-09_2026-11-15.csv"'


def test_columns_are_those_of_the_contract(client: TestClient) -> None:
    for name, relation in (("opt_in", "opt_in_daily"), ("prompts", "prompts_daily")):
        contract = [column.split()[0] for column in published.COLUMNS[relation].split(", ")]
        assert list(rows(client, f"/data/{name}.csv")[0]) == contract


def test_a_missing_rate_is_empty_in_csv_and_null_in_json(client: TestClient) -> None:
    (row,) = (r for r in rows(client, "/data/opt_in.csv?site=gap.example") if r["category"] == "marketing")
    assert row["opt_in_rate"] == ""
    assert row["impressions_missing"] == "true"
    record = client.get("/data/opt_in_over_time.json?site=gap.example").json()[0]
    assert record["category"] == "marketing"
    assert record["opt_in_rate"] is None
    assert record["consent_rate"] == 0.75
    assert record["period"] == "2026-11-15"


def test_a_formula_in_a_name_stays_text(client: TestClient) -> None:
    assert {r["banner_version"] for r in rows(client, "/data/prompts.csv?platform=ios")} == {"'=1+1"}
    assert client.get("/data/prompts.json?platform=ios").json()[0]["banner_version"] == "=1+1"


@pytest.mark.parametrize("name", DATASETS)
@pytest.mark.parametrize("kind", ["csv", "json"])
def test_every_dataset_comes_in_both_formats_without_a_subject(client: TestClient, name: str, kind: str) -> None:
    answer = client.get(f"/data/{name}.{kind}")
    assert answer.status_code == 200
    assert published.SUBJECT not in answer.text
    assert len(answer.text.splitlines()) > 1
    assert answer.headers["x-as-of"] == "2026-11-16T00:00:00Z"


def test_findings_say_that_they_concern_a_person_not_whom(client: TestClient) -> None:
    first = rows(client, "/data/findings.csv")[0]
    assert first["finding_id"] == "c0ffee00c0ffee00c0ffee00c0ffee00"
    assert first["concerns_one_person"] == "true"
    assert first["observed"] == "written for …"
    assert "subject" not in first


def test_nothing_found_is_still_json(client: TestClient) -> None:
    assert client.get("/data/findings.json?severity=medium").json() == []


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/data/nothing.csv", 404, "opt_in, opt_in_over_time"),
        ("/data/opt_in.xlsx", 404, ".csv or .json"),
        ("/data/opt_in.csv?sites=a", 400, "opt_in has no filter sites. It takes: site, region"),
        ("/data/opt_in.csv?site=nowhere", 400, "Site “nowhere” is not in the data."),
        ("/data/findings.csv?from=2026-11-01", 400, "findings has no filter from"),
    ],
)
def test_a_download_that_cannot_be_made_is_explained(client: TestClient, address: str, status: int, said: str) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert said in answer.text
