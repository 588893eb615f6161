"""The HTTP collector: events from browsers and apps, judged, completed and handed to Kafka or to a spool on disk."""
