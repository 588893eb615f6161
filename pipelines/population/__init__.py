"""A reproducible population of banner visitors on the two sites of `policies/`, for the demo and for tests.

sites       what the two sites are: banners, cookies, platforms, visitors' regions
devices     one visitor's device, which writes events
visitors    what honest visitors and bots do
violations  what dishonest software does: each one is counted, and must be found
plants      which of it is planted where
malformed   records that are no events
timeline    all records, by the day on which they were received
"""

from pipelines.population.population import MINIMUM_EVENTS, Planted, Population
from pipelines.population.timeline import Record

__all__ = ["MINIMUM_EVENTS", "Planted", "Population", "Record"]
