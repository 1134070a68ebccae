// The text: as it is signed, as its user edits it, and what becomes of it. It survives a reload.

const EDIT_PAUSE_MS = 400;
const MOST_SPOKEN = 30; // letters and words that screen readers can go back to
const KEY_NOTES = { space: "Space added.", clear: "Cleared. Undo brings the text back." };

// For this tab only, and gone with it; browsers may forbid keeping anything.
const KEPT_TEXT = "fingerspell.text";
const keptText = () => {
  try {
    return sessionStorage.getItem(KEPT_TEXT) ?? "";
  } catch {
    return "";
  }
};
const keepText = (text) => {
  try {
    sessionStorage.setItem(KEPT_TEXT, text);
  } catch {
    // It is lost with a reload.
  }
};

const button = (textContent, onclick) =>
  Object.assign(document.createElement("button"), { type: "button", textContent, onclick });

class TextView {
  constructor(root, send, say) {
    Object.assign(this, { send, say, edits: 0, raw: "" });
    this.$ = (selector) => root.querySelector(selector);
    this.field = this.$(".text");
    this.field.oninput = () => this.edited();
    for (const key of root.querySelectorAll("[data-key]"))
      key.onclick = () => {
        this.finishEdit();
        this.send({ key: key.dataset.key });
        this.say(KEY_NOTES[key.dataset.key] ?? "");
      };
    for (const use of root.querySelectorAll("[data-use]"))
      use.onclick = () => this.use(use.dataset.use);
  }

  get text() {
    return this.field.value;
  }

  // The text of a session that is new: it goes on from what this tab holds.
  begin(caption) {
    const kept = this.text || keptText();
    if (caption.text || !kept.trim()) return this.write(caption);
    this.field.value = kept;
    this.send({ key: "restore", word: kept });
  }

  edited() {
    keepText(this.text);
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.finishEdit(), EDIT_PAUSE_MS);
  }

  finishEdit() {
    if (!this.pause) return;
    clearTimeout(this.pause);
    this.pause = null;
    this.edits += 1;
    this.send({ key: "edit", word: this.text });
  }

  // What the server answers to an edit or to a text that was restored.
  answered(key) {
    if (key === "edit") this.edits = Math.max(0, this.edits - 1);
  }

  // Connections that break leave edits unanswered.
  reconnected() {
    this.edits = 0;
  }

  // Shows the text, and returns the letter that has just been added to it.
  write({ text, raw, suggestions, corrections }) {
    const shown = raw.endsWith(" ") && text && !text.endsWith(" ") ? `${text} ` : text;
    if (!this.pause && !this.edits) this.place(shown);
    this.$(".raw").textContent =
      raw.trim() && raw.trim() !== text.trim() ? `Signed: ${raw.replace(/ $/, "\u2423")}` : "";
    this.offer(".corrections", corrections, ({ start, signed, text: word }) =>
      button(`Keep ${signed}, not ${word}`, () => this.send({ key: "keep", word: String(start) })),
    );
    this.offer(".suggestions", suggestions, (word) =>
      button(word, () => this.send({ key: "choose", word })),
    );
    const added = raw.length > this.raw.length && raw.startsWith(this.raw) ? raw.at(-1) : "";
    this.raw = raw;
    return added;
  }

  offer(group, choices, make) {
    const described = JSON.stringify(choices);
    if (this[group] === described) return; // buttons that have the focus keep it
    this[group] = described;
    this.$(group).replaceChildren(...choices.map(make));
  }

  place(text) {
    const { value, selectionEnd } = this.field;
    if (text === value) return;
    this.announce(value, text);
    const atEnd = selectionEnd === value.length;
    this.field.value = text;
    const place = atEnd ? text.length : Math.min(selectionEnd, text.length);
    this.field.setSelectionRange(place, place);
    if (atEnd) this.field.scrollTop = this.field.scrollHeight;
    keepText(text);
  }

  // Screen readers are given what is new: letters, or the words from the first that has changed.
  announce(before, after) {
    const old = before.split(" ");
    const words = after.split(" ");
    const changed = words.findIndex((word, i) => word !== old[i]);
    const news = after.startsWith(before) ? after.slice(before.length) : words.slice(changed).join(" ");
    if (changed < 0 || !news.trim()) return;
    const log = this.$(".spoken");
    log.append(Object.assign(document.createElement("p"), { textContent: news }));
    while (log.childElementCount > MOST_SPOKEN) log.firstElementChild.remove();
  }

  async use(purpose) {
    this.finishEdit();
    if (!this.text.trim()) return this.say("There is no text yet.");
    if (purpose === "speak") return this.speak();
    if (purpose === "copy") {
      const copied = navigator.clipboard?.writeText(this.text) ?? Promise.reject();
      const refused = () => this.say("This browser does not allow copying. Select the text instead.");
      return copied.then(() => this.say("Copied."), refused);
    }
    this.wanted = purpose;
    await this.send({ key: "files" });
  }

  speak() {
    if (!window.speechSynthesis) return this.say("This browser has no voice. Copy the text instead.");
    speechSynthesis.cancel();
    const words = new SpeechSynthesisUtterance(this.text.toLowerCase());
    words.onerror = ({ error }) =>
      ["canceled", "interrupted"].includes(error) || this.say("This browser's voice does not work.");
    speechSynthesis.speak(words);
    this.say("Speaking.");
  }

  save(files) {
    const href = URL.createObjectURL(new Blob([files[this.wanted]], { type: "text/plain" }));
    const download = `fingerspell.${this.wanted}`;
    Object.assign(document.createElement("a"), { href, download }).click();
    setTimeout(() => URL.revokeObjectURL(href), 1000);
    this.say(`Saved as ${download}.`);
  }
}
