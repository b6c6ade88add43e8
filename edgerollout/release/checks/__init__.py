"""The objections to a release: gates, evidence, the check-up."""
