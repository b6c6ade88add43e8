"""What `edgerollout init` writes, as values: from answers and a site's headers to files."""
