"""The one HTTP fetcher, how it reaches hosts, and what it brings back."""
