// Reads the letter in a picture with ONNX Runtime Web: node example.mjs photo.ppm
//
// Needs `npm install onnxruntime-web`. `read` works in browsers as it is: give it the RGB of an ImageData. Here the
// picture is a PPM, which `ffmpeg -i photo.jpg photo.ppm` makes, so that nothing else has to be installed.

import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-web";

const CLASSES = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ", "del", "nothing", "space"];
const MOVING = ["J", "Z"]; // drawn in the air, so no still shows them
const isRead = (name) => name && !MOVING.includes(name); // what follows CLASSES are digits: add them to read these, too

// The graph takes RGB of any size, and resizes and normalises itself.
export async function read(session, rgb, width, height) {
  const pictures = new ort.Tensor("uint8", rgb, [1, height, width, 3]);
  // A video begins with a state of zeros, too, and gives back `next_state` with each frame.
  const [, size] = session.inputMetadata.find(({ name }) => name === "state").shape;
  const { probabilities, hand } = await session.run({
    pictures,
    state: new ort.Tensor("float32", new Float32Array(size), [1, size]),
    dt_s: new ort.Tensor("float32", [0], [1]), // seconds since the frame before
    is_still: new ort.Tensor("bool", [true], [1]),
  });
  const still = probabilities.data.map((p, i) => (isRead(CLASSES[i]) ? p : 0));
  const best = still.indexOf(Math.max(...still));
  const total = still.reduce((sum, p) => sum + p, 0);
  return { sign: CLASSES[best], probability: still[best] / total, hand: hand.data[0] };
}

function ppm(path) {
  const content = readFileSync(path);
  const [head, width, height] = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(content.subarray(0, 100).toString("latin1"));
  return { rgb: new Uint8Array(content.subarray(head.length)), width: Number(width), height: Number(height) };
}

const session = await ort.InferenceSession.create(readFileSync(new URL("reader.onnx", import.meta.url)));
const { rgb, width, height } = ppm(process.argv[2]);
const { sign, probability, hand } = await read(session, rgb, width, height);
console.log(`${sign} ${probability.toFixed(2)} (hand ${hand.toFixed(2)})`);
