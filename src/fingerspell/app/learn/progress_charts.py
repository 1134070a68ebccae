"""A learner's progress as charts, and as a card for each letter."""

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from fingerspell.app.charts import Table, bar_chart
from fingerspell.app.learn.practice_schedule import LetterRecord, Progress, Skill
from fingerspell.app.small_print import small
from fingerspell.app.tables import show_table

AGAIN = {"sign": "sign it", "read": "read it"}
RIGHT, ATTEMPTS = "correct first time, %", "attempts"


def show_progress(progress: Progress, skill: Skill, now: datetime) -> None:
    """Show what has been practised, by letter and by day; nothing before the first attempt."""
    records, days = progress.by_letter(skill), progress.by_day()
    if not records:
        return
    st.subheader("Your progress", divider="gray")
    tried, right = sum(record.tried for record in records), sum(record.right for record in records)
    with st.container(horizontal=True):
        st.metric("Attempts", tried)
        st.metric("Correct first time", f"{right / tried:.0%}")
        st.metric("Different letters", f"{len(records)} of 26")
        st.metric("Best in a minute", progress.best_clock() or "none yet")
    by_letter: Table = {
        "letter": [record.letter for record in records],
        RIGHT: [round(100 * record.right / record.tried) for record in records],
    }
    by_day: Table = {"day": [day for day, _, _ in days], ATTEMPTS: [count for _, count, _ in days]}
    left, middle = st.columns(2)
    with left:
        bar_chart(by_letter, "letter", RIGHT, "How often each letter was correct first time.", 100)
    with middle:
        bar_chart(by_day, "day", ATTEMPTS, "Attempts on each day.")
    with st.expander("Every letter, signed and read"):
        cards = progress.standings(now)
        show_table(
            "Every letter, signed and read",
            ("letter", "I sign it", "I read it", "due again"),
            [
                (card.letter, _share(card.signed), _share(card.read), listed_due(card.due))
                for card in cards
            ],
        )
        if pairs := progress.pairs():
            small(f"Letters you took for each other: {', '.join(map(' and '.join, pairs))}.")


def _share(record: LetterRecord) -> str:
    return f"{record.right} of {record.tried}" if record.tried else "not yet"


def listed_due(skills: Sequence[Skill]) -> str:
    """What of a letter is to be practised again now, in words.

    >>> listed_due(("sign", "read")), listed_due(())
    ('sign it, read it', '')
    """
    return ", ".join(AGAIN[skill] for skill in skills)
