"""People who ask the real local edge, over TLS, all the time: what they get while commands run."""

from __future__ import annotations

import contextlib
import random
import socket
import ssl
import threading
from collections import Counter
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PATHS = ("/", "/index.html", "/404.html", "/nowhere", "/moved.html", "/assets/site.css", "/api/now")
_PAUSE = 0.005
"""Seconds between two requests of one person: the commands need the machine as well."""
CSP, CSP_REPORT = "content-security-policy", "content-security-policy-report-only"


class _Edge(HTTPConnection):
    """A connection to the edge that asks for one of its hosts."""

    def __init__(self, host: str, port: int, trust: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout=60)
        self._trust = trust

    def connect(self) -> None:
        raw = socket.create_connection(("127.0.0.1", self.port), self.timeout)
        self.sock = self._trust.wrap_socket(raw, server_hostname=self.host)


class Visitors:
    """Ask for pages until the block ends; `bare` are the answers that had to have headers and had none."""

    def __init__(self, hosts: Sequence[str], port: int, ca_file: str) -> None:
        self._hosts, self._port = hosts, port
        self._trust = ssl.create_default_context(cafile=ca_file)
        self._over = threading.Event()
        self._lock = threading.Lock()
        self.on = False
        """Has every page headers by now?"""
        self.enforced = False
        """Has every page an enforced policy by now?"""
        self.errors_too = True
        """At origin-response what the origin refuses has headers as well."""
        self.answers = Counter[str]()
        self.bare: list[str] = []

    @contextlib.contextmanager
    def asking(self, people: int) -> Iterator[None]:
        threads = [threading.Thread(target=self._ask, args=(n,), daemon=True) for n in range(people)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for item in threads:
                item.join(60)

    def _ask(self, number: int) -> None:
        dice = random.Random(number)
        connections = {host: _Edge(host, self._port, self._trust) for host in self._hosts}
        while not self._over.wait(_PAUSE):
            host, path = dice.choice(self._hosts), dice.choice(PATHS)
            # What is asked for after something was promised has to keep it.
            promised = (self.on, self.enforced, self.errors_too)
            try:
                connections[host].request(dice.choice(("GET", "GET", "HEAD")), path)
                answer = connections[host].getresponse()
                answer.read()
            except (OSError, HTTPException) as failure:
                connections[host].close()
                with self._lock:
                    self.answers[f"no answer: {type(failure).__name__}"] += 1
                continue
            self._judge(host + path, answer, promised)

    def _judge(self, url: str, answer: Any, promised: tuple[bool, bool, bool]) -> None:
        on, enforced, errors_too = promised
        due = on and (answer.status < 400 or (errors_too and self.errors_too))
        headers = {name.lower() for name in answer.headers}
        missing = set()
        if due:
            missing = {"referrer-policy"} - headers
            if not headers & {CSP, CSP_REPORT}:
                missing.add(CSP_REPORT)
            if enforced and self.enforced:
                missing |= {CSP} - headers
        with self._lock:
            kind = f"{answer.status // 100}xx {answer.getheader('x-cache', '').partition(' ')[0]}"
            self.answers[f"{kind}{' due' if due else ''}"] += 1
            if missing:
                self.bare.append(f"{url} {answer.status} {answer.getheader('x-cache')} had no {missing}")
