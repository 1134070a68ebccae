// Starts Python once, at the build, and keeps its memory, so that pages need not: node snapshot.mjs PACKAGE.zip TARGET.
// That takes a quarter of the time of starting it and importing page.py; see docs/site.md.

import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { loadPyodide } from "../web/node_modules/pyodide/pyodide.mjs";

const [archive, target] = process.argv.slice(2);
const python = await loadPyodide({ _makeSnapshot: true });
python.unpackArchive(new Uint8Array(readFileSync(archive)), "zip", { extractDir: "/packages" });
python.runPython(`
import sys
sys.path.insert(0, "/packages")
import page
page.begin("nobody")  # imports what is imported when it is first needed
page.answer('{"do": "connect", "session": "live"}')
page.answer('{"do": "learn"}')
page.page = None
import gc
gc.collect()
`);
writeFileSync(target, gzipSync(python.makeMemorySnapshot(), { level: 9 }));
