// The pages: what stands at which address, and what is loaded when.

import live, { SITE, python, readDigits, readsDigits } from "./live.mjs";
import { showFiles } from "./files.js";
import { Lesson } from "./learn.js";

const $ = (selector) => document.querySelector(selector);
const TITLES = { sign: "Sign", files: "Read files", learn: "Learn" };
const IDLE_MS = 300; // after Python has begun; then it has time for words

const READER = {
  inPage: { worker: new URL("worker.js", import.meta.url), model: SITE.reader, read: SITE.read },
  inPageOnly: true,
  early: true,
};

// The one camera, which goes to the page that is shown.
class CameraPlace {
  constructor(onSigns) {
    this.section = document.importNode($("#live").content, true).firstElementChild;
    this.onSigns = onSigns;
  }

  show(page) {
    const place = $(`[data-page="${page}"] .place`);
    if (!place || this.page === page) return this.leave();
    this.page = page;
    place.append(this.section);
    const compact = page === "learn";
    const caption = { text: "", raw: "", suggestions: [], corrections: [], revision: 0 };
    this.data = { token: page, path: "", bones: SITE.bones, caption, compact, welcome: "", ...READER };
    live({ data: this.data, parentElement: place, setStateValue: (_, revision) => this.signed(revision) });
  }

  // A camera that nobody sees is stopped.
  leave() {
    if (this.section.dataset.state === "live") this.section.querySelector(".stop").click();
  }

  signed(revision) {
    this.data.caption.revision = revision;
    this.onSigns();
  }

  get isBusy() {
    return this.section.dataset.state !== "idle";
  }
}

function route(camera, lesson) {
  const page = location.hash.slice(1) in TITLES ? location.hash.slice(1) : "sign";
  document.title = `${TITLES[page]} \u00b7 fingerspell`;
  for (const part of document.querySelectorAll("[data-page]")) part.hidden = part.dataset.page !== page;
  for (const link of document.querySelectorAll("nav a"))
    link.toggleAttribute("aria-current", link.hash === `#${page}`);
  camera.show(page);
  if (page === "learn") lesson.begin();
}

// Words come once the camera has given a letter, or while nobody waits for one.
function learnWords(camera) {
  const written = camera.section.querySelector(".spoken");
  const letter = new Promise((resolve) => new MutationObserver(resolve).observe(written, { childList: true }));
  const idle = new Promise((resolve) => setTimeout(() => camera.isBusy || resolve(), IDLE_MS));
  return Promise.race([letter, idle]).then(() => python.learnWords());
}

// Where nothing can be kept, the switch goes back, and letters are read.
function switchDigits() {
  const box = $(".digits input");
  box.checked = readsDigits();
  box.disabled = false;
  box.onchange = () => {
    readDigits(box.checked);
    box.checked = readsDigits();
  };
}

export async function begin() {
  switchDigits();
  const lesson = new Lesson();
  const camera = new CameraPlace(() => lesson.signed());
  addEventListener("hashchange", () => route(camera, lesson));
  showFiles();
  route(camera, lesson);
  await python.ready;
  await learnWords(camera);
}
