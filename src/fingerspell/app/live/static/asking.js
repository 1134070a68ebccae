// A worker that is asked one thing after another, and answers each once, in order, with `result` or `error`.

class Asked {
  constructor(address) {
    this.waiting = [];
    this.worker = new Worker(address, { type: "module" });
    this.worker.onmessage = ({ data: { result, error } }) => {
      const { resolve, reject } = this.waiting.shift();
      if (error) reject(new Error(error));
      else resolve(result);
    };
    this.worker.onerror = ({ message }) =>
      this.waiting.splice(0).forEach(({ reject }) => reject(new Error(message ?? "its files are missing")));
  }

  // Whoever still waits is answered with null.
  close() {
    this.worker.terminate();
    this.waiting.splice(0).forEach(({ resolve }) => resolve(null));
  }

  ask(message, moved = []) {
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.worker.postMessage(message, moved);
    });
  }
}
