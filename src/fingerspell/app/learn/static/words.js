// Words to read: plays the keyframes that Python wrote, and hands it what is typed.

const CALM_RATE = 0.6; // of the speed, where less motion is wanted
const BREATH_MS = 700; // between an answer and the next word
const TIP = "In the answer, Space plays the word again, Shift and Space play it slower, Enter checks.";
const CALM_TIP = "Your system asks for less motion: words play only when you press Play, and slower.";
const SIGHTLESS = "This browser cannot draw the hand: WebGL is switched off.";
const views = new WeakMap();

class Reading {
  constructor(root) {
    this.root = root;
    this.plays = 0;
    this.$ = (selector) => root.querySelector(selector);
    this.hand = new HandView(this.$("canvas"));
    this.$(".play").onclick = () => this.play();
    this.$(".slower").onclick = () => this.send({ do: "slower" });
    this.$(".reveal").onclick = () => this.send({ do: "reveal" });
    this.$("form").onsubmit = (event) => {
      event.preventDefault();
      this.send({ do: "answer", text: this.$("input").value });
    };
    // No word holds a space, so the key is free.
    this.$("input").onkeydown = (event) => {
      if (event.key !== " ") return;
      event.preventDefault();
      if (event.shiftKey) this.send({ do: "slower" });
      else this.play();
    };
  }

  // What was done, once: Python notes it and answers with new data.
  send(act) {
    this.mine = true; // the learner is at it: the next word may play by itself
    this.trigger("act", { ...act, turn: this.data.turn, replays: Math.max(0, this.plays - 1) });
  }

  async update(data, trigger) {
    this.trigger = trigger;
    const before = this.data;
    this.data = data;
    if (before?.answers !== data.answers || before?.word !== data.word) this.tell(data, before);
    this.$(".reveal").hidden = data.revealed;
    this.$(".check span").textContent = data.revealed ? "Next word" : "Check";
    this.$(".speed").textContent = data.speed;
    this.$(".tip").textContent = LESS_MOTION.matches ? CALM_TIP : TIP;
    const drawn = data.addresses && (await this.hand.open(data.addresses));
    this.$(".none").hidden = drawn;
    this.$(".none").textContent = drawn ? "" : data.none ?? SIGHTLESS;
    for (const key of this.root.querySelectorAll(".play, .slower")) key.disabled = !drawn;
    if (!drawn || data !== this.data) return;
    this.hand.look(data.looks);
    if (before?.turn === data.turn) return;
    if (before?.word !== data.word) this.plays = 0;
    if (before?.word !== data.word || !this.mine) this.hand.show("rest");
    if (!this.mine || LESS_MOTION.matches) return; // asked for first
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.play(), before?.word === data.word ? 0 : BREATH_MS);
  }

  tell({ kind, said, marks, word }, before) {
    const feedback = this.$(".feedback");
    feedback.className = `feedback ${kind}`;
    feedback.textContent = said;
    this.$(".marks").replaceChildren(
      ...marks.map(([mark, typed]) =>
        Object.assign(document.createElement("span"), { className: mark, textContent: typed || "\u2423" }),
      ),
    );
    const input = this.$("input");
    if (word !== before?.word) input.value = "";
    if (before && this.mine) input.focus();
    if (word === before?.word) input.select();
  }

  async play() {
    clearTimeout(this.soon);
    this.mine = true;
    if (!this.hand.camera) return;
    this.plays += 1;
    this.root.dataset.plays = this.plays;
    this.$(".stage").classList.add("playing");
    if (await this.hand.play(this.data.frames, LESS_MOTION.matches ? CALM_RATE : 1)) {
      this.$(".stage").classList.remove("playing");
    }
  }

  close() {
    clearTimeout(this.soon);
    this.hand.close();
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".reading");
  if (!views.has(root)) views.set(root, new Reading(root));
  const view = views.get(root);
  view.update(data, setTriggerValue);
  return () => {
    view.close();
    views.delete(root);
  };
}
