"""What runs the product: Dagster definitions, the refresh, publishing, the demo and the command line."""
