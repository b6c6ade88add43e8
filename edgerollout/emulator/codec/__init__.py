"""AWS's wire formats, derived from botocore's own service model: routing, parsing, serialising."""
