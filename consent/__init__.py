"""The language that every other package speaks: events, policies, settings, the warehouse and its models."""
