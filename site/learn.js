// Practice: what to sign and what to say comes from the package's own Python (page.py); this shows it.

import { python } from "./live.mjs";

const $ = (selector) => document.querySelector(`[data-page="learn"] ${selector}`);
const MARKS = { right: "\u2713 ", wrong: "\u2717 ", "": "" };
const SECOND_MS = 1000;

export class Lesson {
  constructor() {
    $(".mode").onchange = $(".level").onchange = () => this.choose();
    $(".hand").onchange = () => this.show(this.lesson);
    $(".skip").onclick = () => this.ask({ do: "skip" });
    $(".clock button").onclick = () => this.ask({ do: "clock" });
    $(".guess").onsubmit = (event) => {
      event.preventDefault();
      const field = $(".guess input");
      if (field.value) this.ask({ do: "guess", letter: field.value });
      field.value = "";
    };
  }

  begin() {
    if (!this.lesson) return this.ask({ do: "learn" });
  }

  choose() {
    return this.ask({ do: "learn", mode: $(".mode").value, level: $(".level").value });
  }

  // Called whenever the camera's signs have changed.
  signed() {
    return this.ask({ do: "signed" });
  }

  async ask(message) {
    const before = this.lesson;
    this.show(await python.ask(message));
    if (before && before.score !== this.lesson.score) await python.keepProgress();
  }

  show(lesson) {
    if (!$(".mode").options.length) this.offer(lesson);
    this.lesson = lesson;
    const { target, done, asked, skill, kind, text } = lesson;
    const reads = skill === "read";
    const isWord = target.length > 1;
    $(".word").hidden = !isWord;
    const signed = document.createElement("b");
    signed.textContent = target.slice(0, done);
    $(".word").replaceChildren(signed, target.slice(done));
    $(".target img").src = `hands/${asked}.webp`;
    $(".target img").alt = reads ? "A hand that shows a letter" : `The sign for ${asked}`;
    $(".target img").classList.toggle("mirrored", !reads && $(".hand").value === "Right");
    $(".how").hidden = reads;
    $(".place").hidden = reads;
    $(".guess").hidden = !reads;
    $(".how h2").textContent = `Sign ${asked}`;
    $(".way").textContent = lesson.how;
    $(".alike").textContent = lesson.alike;
    $(".feedback").textContent = MARKS[kind] + text;
    $(".feedback").className = `feedback ${kind}`;
    this.showClock(lesson);
  }

  offer({ modes, levels, mode, level }) {
    $(".mode").append(...modes.map((name) => new Option(name, name, name === mode, name === mode)));
    $(".level").append(...Object.keys(levels).map((name) => new Option(name, name, name === level, name === level)));
  }

  showClock({ timed, runs, score, left_s: leftS, best }) {
    $(".clock").hidden = !timed;
    $(".clock button").hidden = runs;
    const before = best ? `Your best: ${best}.` : "How many letters can you sign in a minute?";
    $("[role=timer]").textContent = runs ? `Letters: ${score}. Seconds left: ${Math.ceil(leftS)}.` : before;
    clearTimeout(this.tick);
    if (runs) this.tick = setTimeout(() => this.ask({ do: "lesson" }), SECOND_MS);
  }
}
