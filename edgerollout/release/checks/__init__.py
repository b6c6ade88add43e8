"""What speaks against a release: gates, evidence, the check-up."""
