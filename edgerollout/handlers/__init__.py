"""Runs a real Lambda@Edge handler, Python or Node.js, and checks its result as CloudFront would.

`code` is the function's code, `runner` runs it in a worker process (`worker.py`, `worker.mjs`), `events`
makes the events that CloudFront sends to a function, `refusals` finds results that CloudFront does not
accept. Used by the local edge, by `edgerollout test` and by `preview`.
"""
