"""The process that decodes one upload of a hosted app; `opening.Apart` starts it and says why.

    python -m fingerspell.app.upload.decoding TASK CPU_S MEMORY_MB FILE [TARGET]

TASK is `head` (what the file is), `frames` (each a line of JSON followed by its pixels), or `captions`
(a copy with captions as TARGET; the letters come on standard input). It answers in lines of JSON on
standard output, then `end`, or `error` and a sentence.
"""

import json
import sys
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import IO, Any

from fingerspell.app.upload.playing import plays_in_browsers
from fingerspell.core.text import Word
from fingerspell.core.types import Frame, Letter, Transcript
from fingerspell.errors import MediaError
from fingerspell.runtime.burn_in import burn_in
from fingerspell.runtime.media import open_media

MEGABYTE = 1_000_000
LARGEST_COPY_MB = 2000
MOST_FILES = 64


def main() -> None:
    """Do the task within its limits."""
    task, cpu_s, memory_mb, path, *more = sys.argv[1:]
    limit(int(cpu_s), int(memory_mb), LARGEST_COPY_MB if task == "captions" else 0)
    output = sys.stdout.buffer
    try:
        match task:
            case "head":
                tell_head(Path(path), output)
            case "frames":
                tell_frames(Path(path), output)
            case "captions":
                write_captions(json.load(sys.stdin), Path(path), Path(more[0]), output)
        output.write(b"end\n")
    except MediaError as error:
        output.write(f"error {' '.join(str(error).split())}\n".encode(errors="replace"))
    output.flush()


def limit(cpu_s: int, memory_mb: int, file_mb: int) -> None:
    """Set limits that the system enforces, where it can: no Windows."""
    with suppress(ImportError):
        import resource  # noqa: PLC0415  (not on Windows)

        limits = {
            resource.RLIMIT_CPU: cpu_s,
            resource.RLIMIT_AS: memory_mb * MEGABYTE,
            resource.RLIMIT_FSIZE: file_mb * MEGABYTE,
            resource.RLIMIT_NOFILE: MOST_FILES,
            resource.RLIMIT_CORE: 0,
        }
        for kind, most in limits.items():
            # Not more than is allowed already; macOS knows no limit on memory.
            with suppress(ValueError, OSError):
                resource.setrlimit(kind, (most, most))


def tell_head(path: Path, output: IO[bytes]) -> None:
    """Say what the file is."""
    media = open_media(path)
    _tell(
        output,
        kind=media.kind,
        fps=media.fps,
        duration_s=media.duration_s,
        plays=media.kind == "video" and plays_in_browsers(path),
    )


def tell_frames(path: Path, output: IO[bytes]) -> None:
    """Send every frame."""
    names = [field.name for field in fields(Frame) if field.name != "pixels"]
    for frame in open_media(path).frames():
        times = {name: getattr(frame, name) for name in names}
        height, width = frame.pixels.shape[:2]
        _tell(output, height=height, width=width, **times)
        output.write(frame.pixels.tobytes())


def write_captions(said: dict[str, Any], path: Path, target: Path, output: IO[bytes]) -> None:
    """Write the copy, and say how far it has come."""
    transcript = Transcript(
        source=str(path),
        model="",
        letters=tuple(Letter(*letter) for letter in said["letters"]),
        duration_s=0.0,
        frames=0,
        fps=0.0,
        corrected=tuple(Word(**word) for word in said["words"]),
    )
    burn_in(transcript, path, target, lambda frame: _tell(output, time_s=frame.time_s))


def _tell(output: IO[bytes], **said: Any) -> None:
    output.write(json.dumps(said).encode() + b"\n")
    output.flush()


if __name__ == "__main__":
    main()
