"""The security headers a site should send, as values: no files, no AWS, no clock."""
