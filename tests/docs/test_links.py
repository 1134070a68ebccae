"""Links between the documents, the files that they name, and what each experiment has to say."""

import re

import pytest
from tests.docs.pages import DOCS, EVERY, EXPERIMENTS, PAGES, REPOSITORY, spans, text_of

LINK = re.compile(r"\]\(([^)\s#]+)?(?:#([\w-]+))?\)")
FILE = re.compile(r"(?:\.ci|docs|scripts|benchmarks|tests|examples|web)/[\w./-]*\w")
SOURCE = re.compile(r"[a-z_]+/[\w/]+\.py")
GROUPS = {
    "kept": "Kept",
    "replaced": "Kept once, replaced since",
    "dropped": "Dropped",
    "measured": "Measured",
    "open": "Open",
}


def anchors(page) -> set[str]:
    """The names by which headings of a page are linked to."""
    headings = re.findall(r"^#+ (.*)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", EVERY, ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    for target, anchor in LINK.findall(text_of(page)):
        if "://" in target:
            continue
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), target
        assert not anchor or anchor in anchors(path), f"{target}#{anchor}"


def test_files_that_are_named_exist():
    """Of the reference pages: experiments name the files of their day."""
    source = REPOSITORY / "src" / "fingerspell"
    missing = [
        (page.name, name)
        for page in PAGES
        for span in spans(page)
        for name in [*FILE.findall(span), *SOURCE.findall(span)]
        if not any(
            (root / name).exists()
            for root in (REPOSITORY, source, source.parent, DOCS.parent / "tests")
        )
    ]
    assert missing == []


@pytest.mark.parametrize("page", EXPERIMENTS, ids=lambda page: page.stem)
def test_an_experiment_has_its_date_question_and_verdict_and_is_listed(page):
    text = text_of(page)
    head = re.match(
        r"# .+\n\n- Date: 2026-\d\d-\d\d\n- Question: [^*]+\?\n- Verdict: \*\*(\w+)\*\*\. ", text
    )
    assert head
    index = text_of(DOCS / "experiments" / "README.md")
    sections = re.split(r"^## ", index, flags=re.MULTILINE)
    row = re.compile(rf"^\| \[[^\]]+\]\({re.escape(page.name)}\) \|", re.MULTILINE)
    assert [each.splitlines()[0] for each in sections if row.search(each)] == [GROUPS[head[1]]]
