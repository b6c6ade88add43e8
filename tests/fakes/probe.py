"""Live URLs that answer what the test says."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from edgerollout.net.answer import HttpAnswer

Answer = HttpAnswer | Callable[[str], HttpAnswer]


def answer(url: str, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpAnswer:
    """An answer with `headers` (names in any case), as seen at a made-up POP."""
    pairs = tuple((name.lower(), value) for name, value in (headers or {}).items())
    told = (("x-amz-cf-pop", "TST1-P1"), ("x-cache", "Miss from cloudfront"))
    return HttpAnswer(url, status, (*pairs, *told))


class FakeProbe:
    """Fulfils `ports.Probe`: each URL's answers in turn, the last one for ever; 404 for unknown URLs."""

    def __init__(self) -> None:
        self._answers: dict[str, list[Answer]] = {}
        self.asked: list[str] = []

    def script(self, url: str, *answers: Answer) -> None:
        """What `url` answers from now on."""
        self._answers[url] = list(answers)

    def headers(self, url: str) -> HttpAnswer:
        self.asked.append(url)
        answers = self._answers.get(url)
        if not answers:
            return HttpAnswer(url, 404)
        current = answers[0] if len(answers) == 1 else answers.pop(0)
        return current if isinstance(current, HttpAnswer) else current(url)
