// Puts the files of ONNX Runtime that a page needs where the app serves them: `npm ci && npm run build`.
// The WebAssembly is packed here, once, and not by the server for each visitor: 14 MB become 4.

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const from = new URL("node_modules/onnxruntime-web/dist/", import.meta.url);
const to = new URL("../src/fingerspell/app/live/static/ort/", import.meta.url);

mkdirSync(to, { recursive: true });
copyFileSync(new URL("LICENSE", import.meta.url), new URL("LICENSE", to));
copyFileSync(new URL("ort.wasm.bundle.min.mjs", from), new URL("ort.wasm.bundle.min.mjs", to));
const wasm = readFileSync(new URL("ort-wasm-simd-threaded.wasm", from));
writeFileSync(new URL("ort-wasm-simd-threaded.wasm.gz", to), gzipSync(wasm));
