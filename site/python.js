// The page's Python, and the learner's progress, which the browser keeps.

const STORE = "fingerspell";

function inStore(mode, work) {
  return new Promise((resolve) => {
    const opening = indexedDB.open(STORE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("files");
    opening.onerror = () => resolve(null); // a browser that keeps nothing begins anew each time
    opening.onsuccess = () => {
      const request = work(opening.result.transaction("files", mode).objectStore("files"));
      request.onsuccess = () => resolve(request.result ?? null);
      request.onerror = () => resolve(null);
    };
  });
}

const DIGITS = "fingerspell.digits"; // the visitor's wish to have them read, too
const readsDigits = () => isWished(DIGITS);

const given = JSON.parse(document.getElementById("site").textContent);
const SITE = { ...given, ...(readsDigits() ? given.digits : given.letters) };

// All that reads begins anew, unless the browser keeps nothing.
function readDigits(wish) {
  keepWish(DIGITS, wish);
  if (readsDigits() === wish) location.reload();
}

class Python {
  constructor() {
    this.asked = new Asked(new URL("./python-worker.js", import.meta.url));
    this.ready = inStore("readonly", (files) => files.get("progress")).then((progress) =>
      this.asked.ask({ load: "begin", model: SITE.model, progress, reader: SITE.sequence, alphabet: SITE.alphabet }),
    );
  }

  async ask(message) {
    await this.ready;
    return this.asked.ask(message);
  }

  // Words take a while, so they come after what reads letters.
  async learnWords() {
    await this.ask({ load: "words" });
    await this.ask({ do: "words" });
  }

  async keepProgress() {
    const progress = await this.ask({ load: "progress" });
    if (progress) await inStore("readwrite", (files) => files.put(progress, "progress"));
  }
}

const python = new Python();
