"""Rolls security headers out to sites on S3 and CloudFront through Lambda@Edge, release by release."""

__version__ = "0.1.0"
