// The package's own Python, in Pyodide: what was seen goes in, text comes out. See page.py.

import { loadPyodide } from "./pyodide/pyodide.mjs";

const PACKAGES = "/packages"; // as snapshot.mjs has it
const PROGRESS = "/progress.sqlite";

let python, answer;

// Puts files where Python finds them.
async function unpack(name) {
  const files = await (await fetch(new URL(name, import.meta.url))).arrayBuffer();
  python.unpackArchive(files, "zip", { extractDir: PACKAGES });
}

// Python goes on from where the build left it (snapshot.mjs), with page.py imported.
async function begin({ model, progress }) {
  const snapshot = await (await fetch(new URL("python.snapshot", import.meta.url))).arrayBuffer();
  const indexURL = new URL("./pyodide/", import.meta.url).href;
  python = await loadPyodide({ indexURL, _loadSnapshot: new Uint8Array(snapshot) });
  await unpack("package.zip"); // for what is read of its files
  if (progress) python.FS.writeFile(PROGRESS, progress);
  const page = python.pyimport("page");
  page.begin(model, PROGRESS);
  answer = page.answer;
}

const work = {
  begin,
  words: () => unpack("words.zip"),
  progress: () => (python.FS.analyzePath(PROGRESS).exists ? python.FS.readFile(PROGRESS) : null),
};

// One after the other: each message is answered once, in order.
let last = Promise.resolve();

onmessage = ({ data }) => {
  const done = () => (data.load ? work[data.load](data) : JSON.parse(answer(JSON.stringify(data))));
  last = last.then(done).then(
    (result) => postMessage({ result }),
    (error) => postMessage({ error: String(error) }),
  );
};
