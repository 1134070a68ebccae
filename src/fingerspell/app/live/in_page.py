"""Reading inside the page: what the browser needs so that no picture leaves it.

A worker (static/worker.js) runs the model that the server would run, in ONNX Runtime's WebAssembly.
The runtime's files are built by npm in the repository's folder `web` and become part of the wheel;
without them the server reads.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from fingerspell.app.page_files import PageFiles
from fingerspell.app.readers import digest_of, find_model

STATIC = Path(__file__).with_name("static")
RUNTIME = (
    STATIC / "ort" / "ort.wasm.bundle.min.mjs",
    STATIC / "ort" / "ort-wasm-simd-threaded.wasm.gz",
)
FILES, MODELS = "/fingerspell/in-page", "/fingerspell/models"
WORKER = f"{FILES}/worker.js"
HOW_TO_BUILD = "run `npm ci && npm run build` in the repository's folder web, then install from it."


def is_built() -> bool:
    """Whether the runtime's files are here."""
    return all(path.is_file() for path in RUNTIME)


def reader_for(model: str, read: Sequence[int] | None = None) -> Mapping[str, Any]:
    """Where a page finds its `worker` and `model`, `default` or a file.

    Args:
        model: which one.
        read: the places of the classes that are read; all where not given.
    """
    return {"worker": WORKER, "model": f"{MODELS}/{digest_of(model)}", "read": read}


def routes() -> Sequence[BaseRoute]:
    """The routes of the worker's files and of the models."""
    return [Mount(FILES, PageFiles(directory=STATIC)), Route(f"{MODELS}/{{digest}}", _serve_model)]


async def _serve_model(request: Request) -> Response:
    path = find_model(request.path_params["digest"])
    if path is None:
        return Response(status_code=404)
    # The address is made of the content; weights hardly shrink, so the server need not try.
    headers = {"cache-control": "public, max-age=31536000, immutable", "content-encoding": "identity"}
    return FileResponse(path, media_type="application/octet-stream", headers=headers)
