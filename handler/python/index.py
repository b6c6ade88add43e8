# Lambda@Edge function for origin-response or viewer-response: gives every response the security
# headers of the release.json packed beside it. Reads that file once, when the instance starts;
# a request costs no I/O. Only the headers named there change: CloudFront answers 502 to a function
# that drops or alters the ones it keeps for itself (Via, Transfer-Encoding).

import json
from pathlib import Path

SCHEMA = 1


def read_release(path):
    try:
        release = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RuntimeError(f"release.json cannot be read: {error}") from error
    schema = release.get("schema") if isinstance(release, dict) else None
    if type(schema) is not int or schema != SCHEMA:
        raise RuntimeError(f"release.json has schema {schema!r}; this function reads schema {SCHEMA}")
    try:
        response = release["response"]
        to_set = entries(response["set"])
        to_keep = entries(response["keep"])
        to_remove = tuple(name for name in response["remove"])
    except (KeyError, TypeError, AttributeError) as error:
        raise RuntimeError(
            f"release.json has no usable response section (set, keep, remove): {error!r}"
        ) from error
    return to_set, to_keep, to_remove


def entries(section):
    return tuple((name, {"key": h["key"], "value": h["value"]}) for name, h in section.items())


SET, KEEP, REMOVE = read_release(Path(__file__).with_name("release.json"))


def handler(event, _context):
    response = event["Records"][0]["cf"]["response"]
    headers = response["headers"]
    # Each response gets its own list and entry: what happens to one never shows in the next.
    for name, entry in SET:
        headers[name] = [entry.copy()]
    for name, entry in KEEP:
        if not headers.get(name):
            headers[name] = [entry.copy()]
    for name in REMOVE:
        headers.pop(name, None)
    return response
