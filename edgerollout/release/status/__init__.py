"""What is live, what was live, and who else changes it."""
