// The package's own Python, in Pyodide: what was seen goes in, text comes out. See page.py.

import { loadPyodide } from "./pyodide/pyodide.mjs";

const PACKAGES = "/packages"; // as snapshot.mjs has it
const PROGRESS = "/progress.sqlite";

let python, answer, ort, sequence;
const states = {}; // of the sequence reader, by stream

// Puts files where Python finds them.
async function unpack(name) {
  const files = await (await fetch(new URL(name, import.meta.url))).arrayBuffer();
  python.unpackArchive(files, "zip", { extractDir: PACKAGES });
}

// Python goes on from where the build left it (snapshot.mjs), with page.py imported.
async function begin({ model, progress, reader, alphabet }) {
  const network = reader && startSequence(reader);
  const snapshot = await (await fetch(new URL("python.snapshot", import.meta.url))).arrayBuffer();
  const indexURL = new URL("./pyodide/", import.meta.url).href;
  python = await loadPyodide({ indexURL, _loadSnapshot: new Uint8Array(snapshot) });
  await unpack("package.zip"); // for what is read of its files
  if (progress) python.FS.writeFile(PROGRESS, progress);
  const page = python.pyimport("page");
  page.begin(model, PROGRESS, JSON.stringify(reader), JSON.stringify(alphabet));
  answer = (message) => JSON.parse(page.answer(JSON.stringify(message)));
  sequence = await network;
}

// The sequence reader's graph is a few small layers: one thread is the quickest.
async function startSequence({ graph }) {
  ort = await import("./ort/ort.wasm.bundle.min.mjs"); // most models have no sequence reader
  ort.env.wasm.wasmPaths = { wasm: new URL("./ort/ort-wasm-simd-threaded.wasm.gz", import.meta.url).href };
  ort.env.wasm.numThreads = 1;
  return ort.InferenceSession.create(new URL(graph, import.meta.url).href, { executionProviders: ["wasm"] });
}

// What the sequence reader says at ticks; its inputs and the shapes of their rows are the question's.
async function say({ stream, ticks, afresh, start }) {
  const tensor = (rows, shape) => new ort.Tensor("float32", Float32Array.from(rows.flat()), shape);
  if (afresh) states[stream] = new ort.Tensor("float32", new Float32Array(start[0] * start[1]), [1, ...start]);
  const given = { state: states[stream] };
  for (const [name, rows] of Object.entries(ticks))
    given[name] = tensor(rows, Array.isArray(rows[0]) ? [1, rows.length, rows[0].length] : [1, rows.length]);
  const { probabilities, next_state: next } = await sequence.run(given);
  states[stream] = next;
  const [, n, classes] = probabilities.dims;
  return Array.from({ length: n }, (_, i) => [...probabilities.data.subarray(classes * i, classes * (i + 1))]);
}

// Python answers at once, or after the sequence reader has been asked.
async function reply(message) {
  let result = answer(message);
  while (result?.questions) {
    const said = [];
    for (const question of result.questions) said.push(await say(question));
    result = answer({ do: "said", said });
  }
  return result;
}

const work = {
  begin,
  words: () => unpack("words.zip"),
  progress: () => (python.FS.analyzePath(PROGRESS).exists ? python.FS.readFile(PROGRESS) : null),
};

// One after the other: each message is answered once, in order.
let last = Promise.resolve();

onmessage = ({ data }) => {
  const done = () => (data.load ? work[data.load](data) : reply(data));
  last = last.then(done).then(
    (result) => postMessage({ result }),
    (error) => postMessage({ error: String(error) }),
  );
};
