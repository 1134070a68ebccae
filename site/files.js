// Images and videos to text: their pictures go to the reader of this page, and nowhere else.

import { ALL_FORMATS, BlobSource, CanvasSink, Input } from "./mediabunny.mjs";
import { Reader, SITE, drawBones, python } from "./live.mjs";

const LONGEST_PX = 4096; // of an image's sides; more takes too much of a phone's memory
const SHOWN_PX = 480;
const NO_VIDEO = "This browser cannot decode it. Use the newest Chrome, Edge or Safari, or save it as MP4 (H.264).";
const NO_IMAGE = "This browser cannot read it as an image. Save it as JPEG or PNG.";

const $ = (selector) => document.querySelector(`[data-page="files"] ${selector}`);
const percent = (share) => `${Math.round(100 * share)} %`;
const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

const reader = new Reader();
let wanted = 0; // counts what was asked for: an older wish ends where a newer one begins

function pixelsOf(source, width, height, longest) {
  const scale = Math.min(1, longest / Math.max(width, height));
  const canvas = element("canvas", { width: Math.round(width * scale), height: Math.round(height * scale) });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(source, 0, 0, canvas.width, canvas.height);
  return { canvas, pen, pixels: pen.getImageData(0, 0, canvas.width, canvas.height) };
}

async function readImage(file) {
  const image = await createImageBitmap(file).catch(() => Promise.reject(new Error(NO_IMAGE)));
  const { pixels } = pixelsOf(image, image.width, image.height, LONGEST_PX);
  const { probabilities, joints, hand } = await reader.look(pixels, "still");
  const said = await python.ask({ do: "still", probabilities: [...probabilities], hand });
  const { canvas, pen } = pixelsOf(image, image.width, image.height, SHOWN_PX);
  if (said.has_hand) drawBones(pen, joints, SITE.bones);
  return { ...said, canvas };
}

// Every frame, with its own time.
async function readVideo(file, goesOn, onShare) {
  const input = new Input({ source: new BlobSource(file), formats: ALL_FORMATS });
  const track = await input.getPrimaryVideoTrack();
  if (!track || !(await track.canDecode())) throw new Error(NO_VIDEO);
  const length = await input.computeDuration();
  await python.ask({ do: "video" });
  let frames = 0;
  for await (const { canvas, timestamp, duration } of new CanvasSink(track, { poolSize: 2 }).canvases()) {
    if (!goesOn()) return null;
    const { pixels } = pixelsOf(canvas, canvas.width, canvas.height, LONGEST_PX);
    const { numbers } = await reader.look(pixels, frames ? "" : "first", timestamp);
    const frame = { numbers: [...numbers], time_s: timestamp, duration_s: duration || null };
    await python.ask({ do: "video_frame", ...frame });
    frames += 1;
    onShare(timestamp / length);
  }
  return python.ask({ do: "video_end", name: file.name, duration_s: length, frames });
}

function showImage(file, { letter, best, has_hand: hasHand, canvas }) {
  const [[, sure]] = best;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", hasHand ? `${file.name}, with the hand drawn in` : file.name);
  const rows = best.map(([sign, share]) =>
    element("tr", {}, element("th", { scope: "row", textContent: sign }), element("td", { textContent: percent(share) })),
  );
  const title = letter ? `${letter} \u00b7 ${percent(sure)}` : "No hand was found";
  return element(
    "article", {},
    canvas,
    element("div", {}, element("h2", { textContent: hasHand ? title || best[0][0] : title }),
      element("p", { textContent: file.name }), element("table", {}, element("tbody", {}, ...rows))),
  );
}

function download(name, text) {
  const href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  element("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 1000);
}

function showVideo(file, { text, raw_text: raw, letters, files }) {
  const video = element("video", { src: URL.createObjectURL(file), controls: true, muted: true });
  const play = (letter) => () => Object.assign(video, { currentTime: letter.start_s }).play();
  const signs = letters.map((letter) =>
    element("button", { type: "button", textContent: letter.char, title: percent(letter.probability), onclick: play(letter) }),
  );
  const name = file.name.replace(/\.[^.]*$/, "");
  const saves = Object.entries(files).map(([ending, content]) =>
    element("button", { type: "button", textContent: `Save ${ending}`, onclick: () => download(`${name}.${ending}`, content) }),
  );
  return element(
    "article", {},
    video,
    element("div", {}, element("h2", { textContent: text || "No letter was read" }), element("p", { textContent: file.name }),
      element("p", { textContent: raw.trim() && raw.trim() !== text ? `Signed: ${raw}` : "" }),
      element("div", { className: "keys", ariaLabel: "Letters; each plays the video from there" }, ...signs),
      element("div", { className: "keys" }, ...saves)),
  );
}

async function readOne(file, goesOn) {
  if (!file.type.startsWith("video/")) return readImage(file);
  const onShare = (share) => ($(".busy").textContent = `Reading ${file.name}: ${percent(Math.min(1, share))}`);
  return readVideo(file, goesOn, onShare);
}

async function readAll(files) {
  const wish = ++wanted;
  const goesOn = () => wish === wanted;
  const letters = [];
  $(".results").replaceChildren();
  $(".together").textContent = "";
  $(".cancel").hidden = false;
  for (const file of files) {
    if (!goesOn()) return;
    $(".busy").textContent = `Reading ${file.name}`;
    try {
      await reader.open({ worker: new URL("worker.js", import.meta.url), model: SITE.reader, read: SITE.read });
      const read = await readOne(file, goesOn);
      if (!read) return;
      if (read.canvas) letters.push(read.letter || "?");
      $(".results").append(read.canvas ? showImage(file, read) : showVideo(file, read));
    } catch (error) {
      $(".results").append(element("p", { className: "failed", textContent: `${file.name}: ${error.message}` }));
    }
  }
  if (letters.length > 1) $(".together").textContent = letters.join("");
  finish("");
}

function finish(said) {
  $(".busy").textContent = said;
  $(".cancel").hidden = true;
}

export function showFiles() {
  const input = $("input");
  input.onchange = () => readAll([...input.files]);
  if (input.files.length) input.onchange(); // chosen before the page was ready
  $(".cancel").onclick = () => {
    wanted += 1;
    finish("Cancelled.");
  };
}
