"""A learner's progress as charts."""

import streamlit as st

from fingerspell.app.learn.progress import Progress, Skill

RIGHT = "right at the first try, %"


def show_progress(progress: Progress, skill: Skill) -> None:
    """Show what has been practised, by letter and by day; nothing before the first try."""
    records, days = progress.by_letter(skill), progress.by_day()
    if not records:
        return
    st.subheader("Your progress", divider="gray")
    tried, right = sum(record.tried for record in records), sum(record.right for record in records)
    with st.container(horizontal=True):
        st.metric("Letters tried", tried)
        st.metric("Right at the first try", f"{right / tried:.0%}")
        st.metric("Different letters", f"{len(records)} of 26")
        st.metric("Best in a minute", progress.best_clock() or "none yet")
    by_letter = {
        "letter": [record.letter for record in records],
        RIGHT: [100 * record.right / record.tried for record in records],
    }
    by_day = {"day": [day for day, _, _ in days], "letters tried": [count for _, count, _ in days]}
    left, middle = st.columns(2)
    with left:
        st.bar_chart(by_letter, x="letter", y=RIGHT, height=240)
    with middle:
        st.bar_chart(by_day, x="day", y="letters tried", height=240)
    with st.expander("As a table"):
        lines = [f"| {r.letter} | {r.tried} | {r.right} |" for r in records]
        st.markdown("\n".join(["| letter | tried | right at the first try |", "|---|--:|--:|", *lines]))
