"""Write every page that is made from the records.

PYTHONPATH=src:tests python -m pages
"""

import indicator_pages
import rule_pages

from pages.count import GENERATED


def main() -> None:
    """Write the pages anew, those of indicators and rules among them."""
    indicator_pages.main()
    rule_pages.main()
    for one in GENERATED:
        one.PAGE.parent.mkdir(parents=True, exist_ok=True)
        one.PAGE.write_text(one.page(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
