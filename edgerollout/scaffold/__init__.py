"""What `edgerollout init` writes, worked out as values first: answers and a site's headers in, files out."""
