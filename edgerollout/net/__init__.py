"""The HTTP fetcher: how it reaches hosts, and what it returns."""
