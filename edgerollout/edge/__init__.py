"""A small CloudFront data plane on loopback: serves sites through their edge functions.

`Edge` (edge.py) answers requests for the distributions deployed to it; `model` is a deployed
distribution, `origins` is where content comes from, `server` puts an Edge on HTTP and TLS
ports, `authority` issues the certificates. Used by `preview` and by the sandbox.
"""
