"""Runs a Lambda@Edge handler for real, Python or Node.js, and judges its result as CloudFront would.

`code` is what to run, `runner` runs it in a worker process of its own (`worker.py`, `worker.mjs`),
`events` builds what CloudFront hands a function, `refusals` is what CloudFront does not accept back.
Used by the local edge, by `edgerollout test` and by `preview`.
"""
