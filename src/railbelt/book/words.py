"""Search that finds Chinese names: the index knows every piece of a run of Chinese characters."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.search.en import SearchEnglish

__all__ = ["SearchNames", "keep_apart"]

CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]{2,}")
LONGEST = 6
CELL = re.compile(r"</(?:td|th|text|p|li|dt|dd|summary|figcaption|button)>")


class SearchNames(SearchEnglish):
    """English search whose words include the parts of Chinese names, so that 沈阳 finds 沈阳市."""

    def init(self, options: dict[str, str]) -> None:
        """Remember the stems of words: most stand on many pages."""
        super().init(options)
        self._stems: dict[str, str] = {}

    def split(self, input: str) -> list[str]:
        """Split a text into words, each of them once, and the parts of Chinese names."""
        words = list(dict.fromkeys(super().split(input)))
        for run in CHINESE.findall(input):
            words += [
                run[start : start + length]
                for length in range(2, min(len(run), LONGEST) + 1)
                for start in range(len(run) - length + 1)
            ]
        return words

    def stem(self, word: str) -> str:
        """Return the stem of a word; a number, of which tables hold many, is its own."""
        if word.isdigit():
            return word
        if word not in self._stems:
            self._stems[word] = super().stem(word)
        return self._stems[word]


def keep_apart(app: Any, doctree: nodes.document, docname: str) -> None:
    """End the cells of tables and the words of charts with a line: Sphinx indexes what is left without tags, as one word."""
    for raw in doctree.findall(nodes.raw):
        if raw.get("format") == "html":
            raw.children = [nodes.Text(CELL.sub("\\g<0>\n", raw.astext()))]
