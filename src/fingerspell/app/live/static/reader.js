// The reader inside the page: pictures go to its worker (worker.js), and nowhere else.

const MOST_THREADS = 4; // as ONNX Runtime Web itself would take
const JOINTS = 21;

// Whether the visitor wants it, from visit to visit; browsers may forbid keeping anything.
const WISH = "fingerspell.inPage";
const wantsInPage = () => {
  try {
    return localStorage.getItem(WISH) === "yes";
  } catch {
    return false;
  }
};
const keepWish = (inPage) => {
  try {
    localStorage.setItem(WISH, inPage ? "yes" : "no");
  } catch {
    // It holds until the page is left.
  }
};

class Reader {
  constructor() {
    this.waiting = [];
  }

  // Resolves once the model can read; a failure may be tried again.
  async open({ worker, model }) {
    if (this.model !== model) {
      this.begin(worker);
      this.model = model;
      // A lone thread needs no memory that is shared, which browsers allow only to pages kept apart.
      const half = Math.ceil(navigator.hardwareConcurrency / 2);
      this.ready = this.ask({ model, threads: crossOriginIsolated ? Math.min(MOST_THREADS, half) : 1 });
    }
    try {
      await this.ready;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  begin(worker) {
    this.close();
    this.worker = new Worker(worker, { type: "module" });
    this.worker.onmessage = ({ data: { result, error } }) => {
      const { resolve, reject } = this.waiting.shift();
      if (error) reject(new Error(error));
      else resolve(result);
    };
    this.worker.onerror = ({ message }) =>
      this.waiting.splice(0).forEach(({ reject }) => reject(new Error(message ?? "its files are missing")));
  }

  close() {
    this.worker?.terminate();
    this.model = this.worker = null;
    this.waiting.splice(0).forEach(({ resolve }) => resolve(null));
  }

  // What is seen: 29 probabilities, joints as pairs of fractions, and the hand's probability; null once closed.
  async look(picture) {
    const seen = this.worker && (await this.ask({ picture }, [picture.data.buffer]));
    if (!seen) return null;
    const { probabilities, joints, hand = 1 } = seen;
    const pairs = Array.from({ length: joints ? JOINTS : 0 }, (_, i) => joints.subarray(2 * i, 2 * i + 2));
    return { probabilities, joints: pairs, hand };
  }

  ask(message, moved = []) {
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.worker.postMessage(message, moved);
    });
  }
}
