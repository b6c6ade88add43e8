"""How a release gets to visitors: what it occupies at a behavior, how that is edited, who carries it out."""
