"""The tour: a real browser visits a site's pages and finds what a policy blocks, or would block."""
