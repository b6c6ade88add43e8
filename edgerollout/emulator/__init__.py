"""An AWS on this machine: CloudFront and Lambda of our own in front of moto, on loopback, in one process.

`server.start` runs it, `settings` says how fast and how strict it is, `sink` is how an edge hears what has
been deployed. It answers as AWS does where that is known (tests/contract holds it to that, row by row) and
refuses by name what it does not do. A library: of edgerollout it knows the clock, and whom servers on this
machine answer.
"""
