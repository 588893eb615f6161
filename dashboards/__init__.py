"""What people look at: the web app and the reports, drawn from the published snapshot and from nothing else."""
