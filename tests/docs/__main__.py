"""Writes the generated parts of the README and of every page, and the generated files, as the code is now."""

from tests.docs.pages import FILES, rendered
from tests.docs.shipped import SHIPPED

for file, make in SHIPPED.items():
    text = make()
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        file.write_text(text, encoding="utf-8")
        print(f"{file.name} written")
for file in FILES:
    text = file.read_text(encoding="utf-8")
    new = rendered(text)
    if new != text:
        file.write_text(new, encoding="utf-8")
        print(f"{file.name} written")
