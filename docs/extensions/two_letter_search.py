"""Search in Chinese and English without a dictionary.

Chinese writes no blanks between words. A run of it is therefore indexed, and asked, by
each two letters that follow one another: 线索案卷 is 线索, 索案 and 案卷, and a page is
found that has them all. What is written in letters stays whole, by its English stem.
"""

import re

from sphinx.search.en import SearchEnglish

# Ideographs: of every plane that names are written in.
CHINESE = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
WORD = re.compile(rf"[{CHINESE}]+|[^\W{CHINESE}]+")

SPLIT = r"""
const CHINESE = /^\p{Script=Han}/u;
var splitQuery = (query) =>
  query
    .split(/[^\p{L}\p{N}_]+|(?<=\p{Script=Han})(?!\p{Script=Han})|(?<!\p{Script=Han})(?=\p{Script=Han})/u)
    .filter((word) => word)
    .flatMap((word) => {
      const letters = [...word];
      if (letters.length < 3 || !CHINESE.test(word)) return [word];
      return letters.slice(1).map((letter, at) => letters[at] + letter);
    });
"""


class TwoLetters(SearchEnglish):
    """English words whole, Chinese by twos."""

    lang = "zh"
    # By this name the page finds the stemmer.
    language_name = "English"
    js_splitter_code = SPLIT

    def split(self, input: str) -> list[str]:
        """Return the words that a text is found by."""
        return [part for word in WORD.findall(input) for part in parts(word)]


def parts(word: str) -> list[str]:
    """Return a word itself, or each two letters of a Chinese run."""
    if len(word) < 3 or not re.match(f"[{CHINESE}]", word):
        return [word]
    return [word[at : at + 2] for at in range(len(word) - 1)]


def setup(app) -> dict:
    """Make it the language of the search."""
    app.add_search_language(TwoLetters)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
