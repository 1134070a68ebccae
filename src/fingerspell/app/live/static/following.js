// Tracking the hand through a video, as Python's `runtime.following` does it, by the rules that it hands over.

const N_LANDMARKS = 21;
const ANYWHERE = new Float32Array(2 * N_LANDMARKS).fill(NaN);

// The probabilities of the classes that are read, as if the model knew no others: `Alphabet.narrowed` of Python's core.
export function narrowed(probabilities, { read }) {
  if (!read || read.length === probabilities.length) return probabilities;
  const kept = Float32Array.from(read, (place) => probabilities[place]);
  const total = kept.reduce((sum, each) => sum + each, 0);
  return kept.map((each) => (total ? each / total : 1 / kept.length));
}

// The highest probability, where a letter has also that of the digit which looks like it.
const clearest = (probabilities, { alike = [] }) =>
  Math.max(...probabilities, ...alike.map(([digit, letter]) => probabilities[digit] + probabilities[letter]));

export class HandFollower {
  // The rules are `RULES` of `runtime.following`; ones that are not given never hold.
  constructor(rules = {}) {
    Object.assign(this, { rules, before: ANYWHERE, uncertain: 0, lookedS: -Infinity, handS: Infinity });
    this.idle = null; // what is seen while no hand has been there for a while, and the means of that frame's parts
  }

  // What was seen before, if it holds for this frame, an ImageData.
  held(picture, timeS) {
    if (!this.idle) return null;
    const { idleS, unmovedS } = this.rules;
    const sinceS = timeS - this.lookedS;
    return sinceS < idleS || (sinceS < unmovedS && !this.hasMoved(picture)) ? this.idle.seen : null;
  }

  // Landmarks that the hand is near; after the first of so many uncertain frames it is looked for anew.
  get near() {
    return this.uncertain % this.rules.uncertain === 1 ? ANYWHERE : this.before;
  }

  // Takes what is seen of a frame that was looked at.
  take(seen, picture, timeS) {
    const { probabilities, joints, hand = null } = seen;
    const { kept, clear, idleAfterS } = this.rules;
    this.lookedS = timeS;
    this.uncertain = clearest(probabilities, this.rules) >= clear ? 0 : this.uncertain + 1;
    const sure = hand !== null && hand >= kept;
    this.before = sure ? Float32Array.from(joints) : ANYWHERE;
    this.handS = sure || hand === null ? timeS : Math.min(this.handS, timeS);
    this.idle = timeS - this.handS > idleAfterS ? { seen, parts: this.meansOfParts(picture) } : null;
  }

  hasMoved(picture) {
    const parts = this.meansOfParts(picture);
    const { parts: before } = this.idle;
    return parts.length !== before.length || parts.some((mean, i) => Math.abs(mean - before[i]) >= this.rules.moved);
  }

  // The mean green of parts of a picture: a coarse grid of some of its pixels.
  meansOfParts({ data, width, height }) {
    const { longestPx, partPx } = this.rules;
    const step = Math.max(1, Math.ceil(Math.max(width, height) / longestPx));
    const [wide, high] = [width, height].map((side) => Math.ceil(side / step));
    const [columns, rows] = [wide, high].map((side) => Math.max(1, Math.round(side / partPx)));
    const means = new Float32Array(columns * rows);
    const counts = new Uint32Array(columns * rows);
    for (let y = 0; y < high; y++)
      for (let x = 0; x < wide; x++) {
        const part = Math.floor(((y + 0.5) * rows) / high) * columns + Math.floor(((x + 0.5) * columns) / wide);
        means[part] += data[4 * step * (y * width + x) + 1];
        counts[part] += 1;
      }
    return means.map((sum, part) => sum / counts[part]);
  }
}
