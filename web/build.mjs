// Puts what pages need of others where the app serves it: `npm ci && npm run build`.
// Of ONNX Runtime two files; the WebAssembly is packed here, once, and not by the server for each
// visitor: 14 MB become 4. Of three.js what draws the hand, as one file.

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const from = new URL("node_modules/onnxruntime-web/dist/", import.meta.url);
const app = new URL("../src/fingerspell/app/", import.meta.url);
const to = new URL("live/static/ort/", app);
const three = new URL("learn/static/three/", app);

mkdirSync(to, { recursive: true });
copyFileSync(new URL("LICENSE", import.meta.url), new URL("LICENSE", to));
copyFileSync(new URL("ort.wasm.bundle.min.mjs", from), new URL("ort.wasm.bundle.min.mjs", to));
const wasm = readFileSync(new URL("ort-wasm-simd-threaded.wasm", from));
writeFileSync(new URL("ort-wasm-simd-threaded.wasm.gz", to), gzipSync(wasm));

mkdirSync(three, { recursive: true });
copyFileSync(new URL("node_modules/three/LICENSE", import.meta.url), new URL("LICENSE", three));
await build({
  entryPoints: [new URL("three.mjs", import.meta.url).pathname],
  outfile: new URL("three.mjs", three).pathname,
  bundle: true,
  minify: true,
  format: "esm",
  legalComments: "inline",
});
