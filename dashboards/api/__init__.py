"""The JSON API behind the pages, for spreadsheets, Grafana, Metabase and scripts; described by its OpenAPI document."""
