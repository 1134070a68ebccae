// The reader inside the page: pictures go to its worker (worker.js), and nowhere else.

const MOST_THREADS = 4; // as ONNX Runtime Web itself would take
const JOINTS = 21;

// What the visitor wishes, from visit to visit; browsers may forbid keeping anything: then it holds until the page is left.
const IN_PAGE_WISH = "fingerspell.inPage";
const isWished = (name) => {
  try {
    return localStorage.getItem(name) === "yes";
  } catch {
    return false;
  }
};
const keepWish = (name, wish) => {
  try {
    localStorage.setItem(name, wish ? "yes" : "no");
  } catch {
    // It is not kept.
  }
};

class Reader {
  // Resolves once the model can read; a failure may be tried again.
  async open({ worker, model, read }) {
    const wanted = JSON.stringify([model, read]);
    if (this.opened !== wanted) {
      this.close();
      this.worker = new Asked(worker);
      this.opened = wanted;
      // A lone thread needs no memory that is shared, which browsers allow only to pages kept apart.
      const half = Math.ceil(navigator.hardwareConcurrency / 2);
      const threads = crossOriginIsolated ? Math.min(MOST_THREADS, half) : 1;
      this.ready = this.worker.ask({ model, threads, read });
    }
    try {
      await this.ready;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close() {
    this.worker?.close();
    this.opened = this.worker = null;
  }

  // What is seen: the probabilities of the classes that are read, joints as pairs of fractions, the hand's probability, and all of that as the
  // numbers that Python makes text of (text_session.py); null once closed.
  // Of a video's pictures the first is taken as "first"; one that is of no video, as "still". `timeS` is its time.
  async look(picture, as, timeS) {
    const seen = await this.worker?.ask({ picture, as, timeS }, [picture.data.buffer]);
    if (!seen) return null;
    const { probabilities, joints, hand = 1, shape } = seen;
    const numbers = joints ? Float32Array.of(...probabilities, ...joints, hand, shape) : probabilities;
    const pairs = Array.from({ length: joints ? JOINTS : 0 }, (_, i) => joints.subarray(2 * i, 2 * i + 2));
    return { numbers, probabilities, joints: pairs, hand };
  }
}
