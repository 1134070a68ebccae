// Reads pictures apart from the page, so that the page stays quick: the model, in WebAssembly.

import * as ort from "./ort/ort.wasm.bundle.min.mjs";

const WASM = "./ort/ort-wasm-simd-threaded.wasm.gz"; // unpacked by the browser
const RGBA = 4;
const N_JOINTS = 21;
// How the hand is followed, as Python's `runtime.following` has it: from this probability of a hand; under
// this one of a class it is in doubt, and looked for anew after the first of so many pictures in doubt.
const KEPT = 0.5;
const CLEAR = 0.7;
const DOUBTFUL = 3;
const ANYWHERE = new Float32Array(2 * N_JOINTS).fill(NaN);
const NO_VIDEO = new Float32Array(2 * N_JOINTS); // zeros, as for Python's stills

let session;
let before = ANYWHERE; // the joints of the picture before
let inDoubt = 0; // pictures, up to the one before

async function load({ model, threads }) {
  ort.env.wasm.wasmPaths = { wasm: new URL(WASM, import.meta.url).href };
  ort.env.wasm.numThreads = threads;
  session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
}

// What the hand is near: nothing is known of a still, nor of a video's first picture.
function near(as) {
  if (as === "still") return NO_VIDEO;
  if (as === "first") [before, inDoubt] = [ANYWHERE, 0];
  return inDoubt % DOUBTFUL === 1 ? ANYWHERE : before;
}

// The picture is an ImageData. The model takes RGB of any size, and finds, resizes and normalises itself.
async function read({ data, width, height }, as) {
  const rgb = new Uint8Array(3 * width * height);
  for (let from = 0, to = 0; from < data.length; from += RGBA) {
    rgb[to++] = data[from];
    rgb[to++] = data[from + 1];
    rgb[to++] = data[from + 2];
  }
  const given = { pictures: new ort.Tensor("uint8", rgb, [1, height, width, 3]) };
  if (session.inputNames.includes("before"))
    given.before = new ort.Tensor("float32", near(as), [1, N_JOINTS, 2]);
  const { probabilities, joints, hand } = await session.run(given);
  if (as !== "still") follow(probabilities, joints, hand);
  return { probabilities: probabilities.data, joints: joints?.data, hand: hand?.data[0], shape: width / height };
}

// For the next picture of the video.
function follow(probabilities, joints, hand) {
  inDoubt = Math.max(...probabilities.data) >= CLEAR ? 0 : inDoubt + 1;
  const sure = hand && hand.data[0] >= KEPT;
  before = sure ? Float32Array.from(joints.data) : ANYWHERE;
}

// One after the other: each message is answered once, in order.
let last = Promise.resolve();

onmessage = ({ data: { model, threads, picture, as } }) => {
  const work = () => (model ? load({ model, threads }) : read(picture, as));
  last = last.then(work).then(
    (result) => postMessage({ result }),
    (error) => postMessage({ error: String(error) }),
  );
};
