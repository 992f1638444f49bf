"""The form's result page from a real server, beside a plain Python loop over the same rules.

One visitor tells a composite person's situation, then asks for the options page again and again over one connection, as a browser would.
Run with `make bench`.
"""

from __future__ import annotations

import http.client
import http.cookiejar
import re
import statistics
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

from tests.running import running_server

from bench.options import PEOPLE, PlainLoop, median
from wayline.facts.case import load_case
from wayline.library import library

REQUESTS = 100
ANSWERS = {
    "about-you": {"person.age": "61", "person.sex": "male"},
    "kind-of-cancer": {"diagnosis.histology": "adenocarcinoma"},
    "where-it-began": {"diagnosis.site": "gej"},
    "where-it-spread": {"metastases.liver": "yes", "metastases.lung": "no"},
    "liver-tumors": {"liver.lesion_count": "2", "liver.largest_cm": "2.4"},
    "tumor-tests": {"biomarker.pdl1_cps": "8", "biomarker.her2": "negative"},
    "treatment-so-far": {"therapy.history": "none"},
    "daily-life": {"function.ecog": "1"},
    "swallowing": {"symptom.dysphagia": "2"},
}


def main() -> None:
    content = library()
    told = load_case(PEOPLE / "junction_untreated.yaml", content.vocabulary)
    loop = PlainLoop(content)
    plain = median(lambda: loop.run(told))
    with tempfile.TemporaryDirectory() as data, running_server(Path(data)) as base:
        cookies = http.cookiejar.CookieJar()
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
        for step, answers in ANSWERS.items():
            page = opener.open(f"{base}/situation/step/{step}/").read().decode()
            token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
            assert token is not None
            opener.open(
                f"{base}/situation/step/{step}/", urllib.parse.urlencode({**answers, "csrfmiddlewaretoken": token[1]}).encode()
            ).read()
        header = "; ".join(f"{cookie.name}={cookie.value}" for cookie in cookies)
        for address in ("/options/", "/options/stent/", "/situation/step/swallowing/", "/"):
            times = sorted(timed(base, address, header))
            p50, p95 = statistics.median(times), times[int(len(times) * 0.95)]
            print(f"{address:30} p50 {p50:7.2f} ms   p95 {p95:7.2f} ms   p50 / plain loop {p50 / plain:7.1f}")
    print(f"{'plain loop over the rules':30}     {plain:7.2f} ms")


def timed(base: str, address: str, cookie: str) -> list[float]:
    connection = http.client.HTTPConnection(base.removeprefix("http://"))
    times = []
    for run in range(REQUESTS + 5):
        start = time.perf_counter()
        connection.request("GET", address, headers={"Cookie": cookie})
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, (answer.status, body[:200])
        if run >= 5:
            times.append((time.perf_counter() - start) * 1000)
    return times


if __name__ == "__main__":
    main()
