// Reads pictures apart from the page, so that the page stays quick: the server's model, in WebAssembly.

import * as ort from "./ort/ort.wasm.bundle.min.mjs";

const WASM = "./ort/ort-wasm-simd-threaded.wasm.gz"; // unpacked by the browser
const RGBA = 4;
// Following the hand, as Python's `runtime.following` does: the same numbers, told there.
const SPAN = 0.35;
const SMALLEST_SIDE_PX = 8 / SPAN;
const FOUND = 0.9;
const KEPT = 0.95;

let session;
let before = null; // the joints of the picture before, where a hand is followed

async function load({ model, threads }) {
  ort.env.wasm.wasmPaths = { wasm: new URL(WASM, import.meta.url).href };
  ort.env.wasm.numThreads = threads;
  session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
}

// The picture is an ImageData.
async function read(picture) {
  let seen = await lookAround(picture);
  if (seen) before = seen.joints;
  else {
    seen = await look(picture, 0, 0, picture.width, picture.height);
    before = seen.hand >= FOUND ? seen.joints : null;
  }
  return seen;
}

// What is where the hand was; null if none was or is there.
async function lookAround(picture) {
  const { width, height } = picture;
  const square = before && squareAround(before, width, height);
  if (!square || square.side >= Math.max(width, height)) return null;
  const { left, top } = square;
  const side = Math.ceil(square.side);
  const seen = await look(picture, left, top, side, side);
  if (seen.hand < KEPT) return null;
  const joints = seen.joints.map((at, i) => (i % 2 ? (top + at * side) / height : (left + at * side) / width));
  return { ...seen, joints };
}

function squareAround(joints, width, height) {
  const x = joints.filter((_, i) => i % 2 === 0).map((at) => at * width);
  const y = joints.filter((_, i) => i % 2 === 1).map((at) => at * height);
  const [low, high] = [Math.min, Math.max].map((end) => [end(...x), end(...y)]);
  const side = Math.max(SMALLEST_SIDE_PX, Math.max(high[0] - low[0], high[1] - low[1]) / SPAN);
  const [left, top] = [0, 1].map((axis) => Math.floor((low[axis] + high[axis] - side) / 2));
  return { left, top, side };
}

// Reads a part of the picture; beyond the picture's edges, these go on. The model takes RGB of any size,
// and resizes and normalises it itself.
async function look({ data, width, height }, left, top, columns, rows) {
  const within = (at, length) => Math.min(Math.max(at, 0), length - 1);
  const across = Array.from({ length: columns }, (_, x) => RGBA * within(left + x, width));
  const rgb = new Uint8Array(3 * columns * rows);
  for (let y = 0, to = 0; y < rows; y++) {
    const row = RGBA * width * within(top + y, height);
    for (const column of across) {
      rgb[to++] = data[row + column];
      rgb[to++] = data[row + column + 1];
      rgb[to++] = data[row + column + 2];
    }
  }
  const pictures = new ort.Tensor("uint8", rgb, [1, rows, columns, 3]);
  const { probabilities, joints, hand } = await session.run({ pictures });
  return { probabilities: probabilities.data, joints: joints?.data, hand: hand?.data[0] };
}

// One after the other: each message is answered once, in order.
let last = Promise.resolve();

onmessage = ({ data: { model, threads, picture } }) => {
  const work = () => (model ? load({ model, threads }) : read(picture));
  last = last.then(work).then(
    (result) => postMessage({ result }),
    (error) => postMessage({ error: String(error) }),
  );
};
