"""What is live, what was, and who else had a hand in it."""
