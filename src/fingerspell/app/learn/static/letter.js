// One letter of a lesson; drawn in the air where the letter is.

const lessons = new WeakMap();

class Lesson {
  constructor(root) {
    this.$ = (selector) => root.querySelector(selector);
    this.hand = new HandView(this.$("canvas"));
    this.$(".again").onclick = () => this.play();
  }

  update(data) {
    const { text } = data;
    this.$(".stage").ariaLabel = data.says;
    this.$(".word").hidden = !text.word;
    this.$(".word b").textContent = text.word?.slice(0, text.done) ?? "";
    this.$(".word span").textContent = text.word?.slice(text.done) ?? "";
    this.$(".told").hidden = !text.heading;
    this.$("h2").textContent = text.heading ?? "";
    this.$(".lines").replaceChildren(...(text.lines ?? []).map((line) => Object.assign(document.createElement("p"), { textContent: line })));
    this.show(data);
  }

  async show(data) {
    const before = this.data;
    this.data = data;
    const drawn = data.addresses && (await this.hand.open(data.addresses));
    if (data !== this.data) return; // another letter came meanwhile
    this.$("canvas").hidden = !drawn;
    this.$("img").hidden = drawn;
    this.$(".again").hidden = !drawn || !data.frames.length;
    if (!drawn) {
      this.$("img").src = data.still;
      this.$("img").style.transform = data.looks.left ? "scaleX(-1)" : "";
      return;
    }
    this.hand.look(data.looks);
    if (before?.letter === data.letter && before.says === data.says) return;
    this.hand.show(data.letter);
    if (!data.frames.length) return;
    this.hand.at(data.frames[0]);
    if (!LESS_MOTION.matches) this.play();
  }

  play() {
    this.hand.play(this.data.frames);
  }
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".lesson");
  if (!lessons.has(root)) lessons.set(root, new Lesson(root));
  lessons.get(root).update(data);
  return () => {
    lessons.get(root)?.hand.close();
    lessons.delete(root);
  };
}
