"""What Streamlit components are made of: files in the folders `static`."""

from importlib.resources import files


def text_of(package: str, *names: str) -> str:
    """The texts of files of a package's folder `static`, one after the other."""
    folder = files(package) / "static"
    return "\n".join((folder / name).read_text("utf-8") for name in names)


def styles_of(package: str, name: str) -> str:
    """A component's own styles, after those that all buttons have."""
    return f"{text_of('fingerspell.app', 'buttons.css')}\n{text_of(package, name)}"
