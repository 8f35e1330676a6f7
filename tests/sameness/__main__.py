"""`python -m tests.sameness [STORY]...`: the library in every interpreter found, and in four corners of the world.

Interpreters are those of this tree's environments: `make prove` makes one for each Python that this machine has. Ends
with 1 where any two differ, and says where first.
"""

import shutil
import subprocess
import sys
from collections.abc import Sequence

from tests.bench.failing import Failed
from tests.sameness import LOCALES, circumstances, difference, interpreters, locales, played


def main(stories: Sequence[str]) -> int:
    """Compare, say what was compared, and answer the exit code."""
    make_locales()
    found = interpreters()
    each = circumstances(list(found.values()))
    try:
        texts = list(played(each, stories))
    except Failed as failed:
        print(f"FAIL  {failed}")
        return 1
    wrong = [(where, said) for where, text in zip(each, texts, strict=True) if (said := difference(texts[0], text))]
    for where, said in wrong:
        print(f"FAIL  {where}\n      {said}")
    runs_count = sum(line.startswith(b"## ") for line in texts[0].splitlines())
    print(f"{runs_count} runs, {len(texts[0])} bytes of reports and journals, in {len(each)} circumstances:")
    for where in each:
        print(f"  {where}")
    print(
        f"by {', '.join(found)}" + ("" if len(found) > 1 else ": no second interpreter has an environment of this tree")
    )
    return 1 if wrong else 0


def make_locales() -> None:
    """Those with a language, so that there is something to be misled by; where they can be made."""
    if shutil.which("localedef") is None:
        return
    LOCALES.mkdir(parents=True, exist_ok=True)
    for name in locales():
        language, _, charset = name.partition(".")
        if "_" in language and not (LOCALES / name).is_dir():
            command = ["localedef", "-i", language, "-f", charset, str(LOCALES / name)]
            subprocess.run(command, capture_output=True)  # warnings end it with 1, and what it can't make isn't there


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
