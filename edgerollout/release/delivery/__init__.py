"""How a release gets to visitors: its slot at a behavior, the edit of the slot, and who makes the edit."""
