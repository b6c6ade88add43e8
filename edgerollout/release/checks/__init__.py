"""What may forbid a release: gates, evidence, the check-up."""
