"""The page "My hand": take pictures, teach a reader, and keep it or not."""

from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st
from platformdirs import user_data_path

from fingerspell.app import visitor
from fingerspell.app.live.component import camera
from fingerspell.app.readers import own_folder
from fingerspell.app.small_print import escaped, small
from fingerspell.app.tables import show_table
from fingerspell.app.teach.album import FEWEST, FEWEST_SIGNS, LONGEST_SIGN, WANTED, Album
from fingerspell.app.teach.recorder import Recorder
from fingerspell.app.teach.training import Gain, Training, command
from fingerspell.core.alphabet import NOTHING
from fingerspell.errors import AppError
from fingerspell.extras import is_installed

NEEDS_EXTRA = "To teach a reader, this computer needs more: pip install 'fingerspell[train]'"
NAMES = {NOTHING: "no sign"}
LONGEST_NAME = 40


@dataclass
class Teaching:
    """What this computer's user is doing; it outlives a reload of the page.

    Attributes:
        folder: for pictures, and for a model that is not kept yet.
        training: that runs or has ended.
    """

    folder: Path
    training: Training | None = None
    album: Album = field(init=False)

    def __post_init__(self) -> None:
        self.album = Album(self.folder / "pictures")

    @property
    def taught(self) -> Path:
        """The model that is not kept yet."""
        return self.folder / "taught.onnx"

    def train(self, model: str) -> None:
        """Begin."""
        self.training = Training(command(self.album.folder, model, self.taught))

    def end(self, *, keep_pictures: bool) -> None:
        """Forget the training and, unless they are kept, the pictures."""
        self.training = None
        self.taught.unlink(missing_ok=True)
        if not keep_pictures:
            self.album.clear()


@st.cache_resource(show_spinner=False)
def _teaching(folder: Path) -> Teaching:
    return Teaching(folder)


def show() -> None:
    """Take pictures, then teach; or see what came of it."""
    st.title("Teach it your hand")
    teaching = _teaching(user_data_path("fingerspell") / "hand")
    if said := st.session_state.pop("hand_said", ""):
        st.success(escaped(said))
    if failed := st.session_state.pop("hand_failed", ""):
        st.error(escaped(failed))
    if teaching.training is None:
        _show_pictures(teaching)
        _show_start(teaching)
    elif teaching.training.is_running:
        _show_progress(teaching, teaching.training)
    elif teaching.training.gain:
        _show_gain(teaching, teaching.training.gain)
    else:
        st.error(escaped(teaching.training.error))
        st.button("Back to the pictures", on_click=teaching.end, kwargs={"keep_pictures": True})


def _show_pictures(teaching: Teaching) -> None:
    small(
        f"Take {WANTED} pictures of each letter that is often read wrongly, of those it is taken for, "
        "and of signs of your own. They stay on this computer, and are deleted when the reader has "
        "learned them."
    )
    left, right = st.columns([2, 3])
    with left:
        sign = _choose_sign(teaching.album)
        _show_taken(teaching.album, sign)
    with right:
        camera(visitor.session("hand"), "hand_camera", _rerun, takes_pictures=True)


def _rerun() -> None:
    """The page runs again after a picture was taken, and shows it."""


def _choose_sign(album: Album) -> str:
    if moved := st.session_state.pop("hand_next", ""):
        st.session_state["hand_sign"] = moved
    sign: str = st.selectbox(
        "Sign", album.signs, format_func=lambda sign: NAMES.get(sign, sign), key="hand_sign"
    )
    _offer_own_sign(album)
    recorder = visitor.session("hand").recorder
    if isinstance(recorder, Recorder) and recorder.left:
        st.button("Stop taking pictures", on_click=_stop)
        left = f"{recorder.left} to go. Turn and move your hand a little."
        st.progress(1 - recorder.left / WANTED, left)
        return sign
    st.button(f"Take {WANTED} pictures", type="primary", on_click=_start, args=(album, sign))
    if isinstance(recorder, Recorder) and recorder.error:
        st.error(escaped(recorder.error))
    small(f"{len(album.pictures(sign))} pictures of {NAMES.get(sign, sign)}. Start the camera first.")
    return sign


def _offer_own_sign(album: Album) -> None:
    """Take the name of a sign that the reader does not know."""

    def begin() -> None:
        name = st.session_state["hand_own"].strip()
        st.session_state["hand_own"] = ""
        try:
            st.session_state["hand_next"] = album.begin(name) if name else ""
        except AppError as error:
            st.session_state["hand_failed"] = str(error)

    st.text_input(
        "Add a sign of your own",
        key="hand_own",
        max_chars=LONGEST_SIGN,
        placeholder="thank-you",
        help="It is typed as a word. Hold it still, as you do letters.",
        on_change=begin,
    )


def _start(album: Album, sign: str) -> None:
    def keep(jpeg: bytes) -> None:
        album.add(sign, jpeg)

    visitor.session("hand").recorder = Recorder(keep, WANTED, needs_hand=sign != NOTHING)


def _stop() -> None:
    visitor.session("hand").recorder = None


def _show_taken(album: Album, sign: str) -> None:
    pictures = album.pictures(sign)
    if not pictures:
        return
    st.image([str(path) for path in pictures[-WANTED:]], width=72)
    with st.container(horizontal=True):
        st.button("Delete these", on_click=album.remove, args=(sign,))
        st.button("Next sign", on_click=_go_on, args=(album, sign))


def _go_on(album: Album, sign: str) -> None:
    st.session_state["hand_next"] = album.next_sign(sign)


def _show_start(teaching: Teaching) -> None:
    counts = {sign: n for sign, n in teaching.album.counts().items() if n}
    st.subheader("Teach the reader", divider="gray")
    if not is_installed("torch"):
        st.warning(escaped(NEEDS_EXTRA))
        return
    if counts:
        small(
            "Pictures: " + ", ".join(f"{NAMES.get(sign, sign)} {n}" for sign, n in counts.items()) + "."
        )
    if not teaching.album.is_enough():
        small(f"Take at least {FEWEST} pictures of each of {FEWEST_SIGNS} signs; {WANTED} are better.")
    with st.container(horizontal=True):
        st.button(
            "Teach",
            type="primary",
            disabled=not teaching.album.is_enough(),
            on_click=teaching.train,
            args=(visitor.model(),),
        )
        if counts:
            st.button("Delete all pictures", on_click=teaching.album.clear)
    small(
        f"Pictures are in {escaped(str(teaching.album.folder))}. J and Z cannot be taught, since they "
        "move. Digits are read where they are asked for, and signs of your own always."
    )


@st.fragment(run_every="1s")
def _show_progress(teaching: Teaching, training: Training) -> None:
    if not training.is_running:
        st.rerun()
    small("The reader learns your pictures. That takes about a minute for ten pictures of each letter.")
    st.progress(training.progress.share, training.progress.stage.capitalize())
    if st.button("Cancel"):
        training.cancel()
        teaching.end(keep_pictures=True)
        st.rerun()


def _show_gain(teaching: Teaching, gain: Gain) -> None:
    before, after = sum(gain.before.values()), sum(gain.after.values())
    left, right = st.columns(2)
    left.metric("Read right before", f"{before} of {gain.n}")
    right.metric("Read right after", f"{after} of {gain.n}", after - before)
    small(
        "Each picture was read by a reader that had not learned it. Pictures taken in one go resemble "
        "each other, so expect less in another room."
    )
    if gain.n_unusable:
        small(f"{gain.n_unusable} pictures were left out, since they repeat others or are damaged.")
    if after <= before:
        st.warning("It did not help: drop it, or add pictures of letters that are read wrongly.")
    rows = [
        (NAMES.get(sign, sign), str(n), str(gain.before[sign]), str(gain.after[sign]))
        for sign, n in gain.pictures.items()
    ]
    show_table("Pictures read right", ("sign", "pictures", "before", "after"), rows)
    name = st.text_input("Name of your reader", "my hand", max_chars=LONGEST_NAME, key="hand_name")
    keeps = st.checkbox("Keep my pictures, to add to them later", key="hand_keeps")
    with st.container(horizontal=True):
        st.button("Keep this reader", type="primary", on_click=_keep, args=(teaching, name, keeps))
        st.button("Drop it", on_click=teaching.end, kwargs={"keep_pictures": keeps})


def _keep(teaching: Teaching, name: str, keeps: bool) -> None:
    """Every page reads with it from now on; others are chosen on the page "Results"."""
    path = own_folder() / f"{as_file_name(name)}.onnx"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        teaching.taught.replace(path)
    except OSError as error:
        st.session_state["hand_failed"] = (
            f"{path} cannot be written ({error.strerror}): change its name."
        )
        return
    teaching.end(keep_pictures=keeps)
    st.session_state["model"] = str(path)
    st.session_state["hand_said"] = (
        f"{path.stem} is kept, and every page uses it now. You can choose another on the page Results."
    )


def as_file_name(name: str) -> str:
    """A person's name for a reader as the name of a file on any system."""
    kept = "".join(c if c.isalnum() or c in "-_ " else " " for c in name)
    return " ".join(kept.split())[:LONGEST_NAME] or "my hand"
