"""An AWS emulator: our own CloudFront and Lambda in front of moto, on loopback, in one process.

`server.start` runs it, `settings` says how fast and how strict it is, `sink` tells an edge what was
deployed. It answers as AWS does where that is known (tests/contract checks it, row by row) and
refuses what it does not support, by name. A library: of edgerollout it imports only `clock` and
`loopback`.
"""
