"""The documents, and the commands in them."""

import re
from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt

REPOSITORY = Path(__file__).parent.parent.parent
DOCS = REPOSITORY / "docs"
EXPERIMENTS = sorted(path for path in (DOCS / "experiments").glob("*.md") if path.name != "README.md")
PAGES = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]
EVERY = [*PAGES, REPOSITORY / "CHANGELOG.md", DOCS / "experiments" / "README.md", *EXPERIMENTS]
PROGRAMS = (
    r"(?:fingerspell|pip|python3?|pytest|scripts/\w+|\.ci/run|git|cd|docker|torchrun|srun|uv|mlflow)"
)
COMMAND = re.compile(rf"(?:FINGERSPELL_DATA=\S+ )?(?:\.venv/bin/)?{PROGRAMS}(?: |$)")


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def commands(page: Path) -> Iterator[str]:
    """The commands in a page's blocks of code, each in one line, without remarks."""
    for token in MarkdownIt().enable("table").parse(text_of(page)):
        if token.type in ("fence", "code_block") and token.info.strip() in ("", "console", "sh"):
            for line in re.sub(r"\\\n\s*", "", token.content).splitlines():
                if COMMAND.match(line.strip()):
                    yield re.sub(r"\s+# .*$", "", line.strip())


def spans(page: Path) -> Iterator[str]:
    """The texts in backticks of a page."""
    for token in MarkdownIt().enable("table").parse(text_of(page)):
        for child in token.children or ():
            if child.type == "code_inline":
                yield " ".join(child.content.split())
