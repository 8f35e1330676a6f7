"""Writes the generated parts of the README and of every page as the code is now."""

from tests.docs.pages import FILES, rendered

for file in FILES:
    text = file.read_text(encoding="utf-8")
    new = rendered(text)
    if new != text:
        file.write_text(new, encoding="utf-8")
        print(f"{file.name} written")
