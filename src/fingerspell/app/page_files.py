"""Files that pages load from this server, with the types that browsers want."""

from os import PathLike, stat_result
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

# Said here, since what Python's `mimetypes` says differs from system to system.
TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".gz": "application/wasm",
    ".glb": "model/gltf-binary",
}


class PageFiles(StaticFiles):
    """Files that a browser asks about each time, and loads again only when they have changed."""

    def file_response(
        self,
        full_path: str | PathLike[str],
        stat_result: stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Answer with a file."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        suffix = Path(full_path).suffix
        response.headers["cache-control"] = "no-cache"
        if suffix in TYPES:
            response.headers["content-type"] = TYPES[suffix]
        if suffix == ".gz":
            response.headers["content-encoding"] = "gzip"
        return response
