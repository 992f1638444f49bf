"""Search over the whole guide, beside a plain Python loop that looks for the words in every text.

Run with `make bench`.
"""

from __future__ import annotations

from bench.options import median
from wayline.library import library

QUERIES = (
    "trouble swallowing",
    "Opdivo",
    "pembrolizumb",
    "what can he eat next",
    "yellow skin",
    "how do I tell my children",
    "stent or radiation",
)


def main() -> None:
    content = library()
    index = content.search_index
    texts = [f"{page.title} {page.summary} {page.body}".lower() for page in content.pages.values()]
    texts += [
        f"{option.title} {option.summary} {' '.join(text for _, text in option.sections)}".lower() for option in content.catalog.values()
    ]
    print(f"{'query':30} {'search':>10} {'plain loop':>12} {'ratio':>7}")
    for query in QUERIES:
        words = query.lower().split()
        found = median(lambda query=query: index.search(query))
        plain = median(lambda words=words: [text for text in texts if all(word in text for word in words)])
        print(f"{query:30} {found:7.2f} ms {plain:9.2f} ms {found / plain:7.1f}")


if __name__ == "__main__":
    main()
