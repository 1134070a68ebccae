// Reads pictures apart from the page, so that the page stays quick: the model, in WebAssembly.

import * as ort from "./ort/ort.wasm.bundle.min.mjs";
import { HandFollower, narrowed } from "./following.js";

const WASM = "./ort/ort-wasm-simd-threaded.wasm.gz"; // unpacked by the browser
const RGBA = 4;
const IDLE_MS = 300;
const N_JOINTS = 21;
const NO_VIDEO = new Float32Array(2 * N_JOINTS); // zeros, as for Python's stills

let session, rules, follower;

async function load({ model, threads, rules: given }) {
  rules = given;
  follower = new HandFollower(rules);
  ort.env.wasm.wasmPaths = { wasm: new URL(WASM, import.meta.url).href };
  ort.env.wasm.numThreads = threads;
  session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
}

// The browser compiles the runtime as it is first used: that is done before there is a picture, if none comes soon.
function warmUpUnless(before) {
  const warmUp = () => before === asked && look(new ImageData(64, 64), NO_VIDEO);
  setTimeout(() => (last = last.then(warmUp).catch(() => {})), IDLE_MS); // what fails will fail again, and be said
}

// The picture is an ImageData. The model takes RGB of any size, and finds, resizes and normalises itself.
async function look({ data, width, height }, near) {
  const rgb = new Uint8Array(3 * width * height);
  for (let from = 0, to = 0; from < data.length; from += RGBA) {
    rgb[to++] = data[from];
    rgb[to++] = data[from + 1];
    rgb[to++] = data[from + 2];
  }
  const given = { pictures: new ort.Tensor("uint8", rgb, [1, height, width, 3]) };
  if (session.inputNames.includes("before")) given.before = new ort.Tensor("float32", near, [1, N_JOINTS, 2]);
  const { probabilities, joints, hand } = await session.run(given);
  return { probabilities: narrowed(probabilities.data, rules), joints: joints?.data, hand: hand?.data[0], shape: width / height };
}

// Nothing is known of a still, nor of a video's first picture; `timeS` is when a video shows the picture.
async function read(picture, as, timeS) {
  if (as === "still") return look(picture, NO_VIDEO);
  if (as === "first") follower = new HandFollower(rules);
  const held = follower.held(picture, timeS);
  if (held) return held;
  const seen = await look(picture, follower.near);
  follower.take(seen, picture, timeS);
  return seen;
}

// One after the other: each message is answered once, in order.
let asked = 0; // messages
let last = Promise.resolve();

onmessage = ({ data: { model, threads, rules, picture, as, timeS } }) => {
  const work = () => (model ? load({ model, threads, rules }) : read(picture, as, timeS));
  last = last.then(work).then(
    (result) => postMessage({ result }),
    (error) => postMessage({ error: String(error) }),
  );
  asked += 1;
  if (model) last.then(() => warmUpUnless(asked));
};
