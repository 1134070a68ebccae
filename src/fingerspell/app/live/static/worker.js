// Reads pictures apart from the page, so that the page stays quick: the model, in WebAssembly.

import * as ort from "./ort/ort.wasm.bundle.min.mjs";
import { narrowed } from "./classes.js";

const WASM = "./ort/ort-wasm-simd-threaded.wasm.gz"; // unpacked by the browser
const RGBA = 4;
const IDLE_MS = 300;

let session, read; // the places of the classes that are read
let start, state, lastS; // what the model remembers: nothing yet, the frame before, and when that was

async function load({ model, threads, read: places }) {
  read = places;
  ort.env.wasm.wasmPaths = { wasm: new URL(WASM, import.meta.url).href };
  ort.env.wasm.numThreads = threads;
  session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
  const { shape: [, width] = [] } = session.inputMetadata.find(({ name }) => name === "state") ?? {};
  start = width && new ort.Tensor("float32", new Float32Array(width), [1, width]); // models that track the hand have one
}

// The browser compiles the runtime as it is first used: that is done before there is a picture, if none comes soon.
function warmUpUnless(before) {
  const warmUp = () => before === asked && look(new ImageData(64, 64));
  setTimeout(() => (last = last.then(warmUp).catch(() => {})), IDLE_MS); // what fails will fail again, and be said
}

// The picture is an ImageData. The model takes RGB of any size, and finds, resizes and normalises itself.
async function look({ data, width, height }, isStill = true, before = start, dtS = 0) {
  const rgb = new Uint8Array(3 * width * height);
  for (let from = 0, to = 0; from < data.length; from += RGBA) {
    rgb[to++] = data[from];
    rgb[to++] = data[from + 1];
    rgb[to++] = data[from + 2];
  }
  const given = { pictures: new ort.Tensor("uint8", rgb, [1, height, width, 3]) };
  if (start) {
    given.state = before;
    given.dt_s = new ort.Tensor("float32", [dtS], [1]);
    given.is_still = new ort.Tensor("bool", [isStill], [1]);
  }
  const { probabilities, joints, hand, next_state: next } = await session.run(given);
  const seen = { probabilities: narrowed(probabilities.data, read), joints: joints?.data, hand: hand?.data[0], shape: width / height };
  return { seen, next };
}

// Nothing is remembered of a still, nor before a video's first picture; `timeS` is when a video shows the picture.
async function tell(picture, as, timeS) {
  if (as === "still") return (await look(picture)).seen;
  if (as === "first") [state, lastS] = [start, timeS];
  const { seen, next } = await look(picture, false, state, timeS - lastS);
  [state, lastS] = [next, timeS];
  return seen;
}

// One after the other: each message is answered once, in order.
let asked = 0; // messages
let last = Promise.resolve();

onmessage = ({ data: { model, threads, read, picture, as, timeS } }) => {
  const work = () => (model ? load({ model, threads, read }) : tell(picture, as, timeS));
  last = last.then(work).then(
    (result) => postMessage({ result }),
    (error) => postMessage({ error: String(error) }),
  );
  asked += 1;
  if (model) last.then(() => warmUpUnless(asked));
};
