// The connection to the page's own Python, in place of the app's to its server (app/live/static/link.js).

const IN_FLIGHT = 2;

class Link {
  constructor({ onAnswer, onClosed }) {
    Object.assign(this, { onAnswer, onClosed, inFlight: 0, isOpen: false });
  }

  async connect(address) {
    this.session = new URLSearchParams(address.split("?")[1]).get("token");
    this.isOpen = true;
    await this.ask({ do: "connect" });
  }

  close() {
    this.isOpen = false;
  }

  get hasRoom() {
    return this.isOpen && this.inFlight < IN_FLIGHT;
  }

  // Python has time for what has been read, also while it loads words; so no frame is lost then.
  async sendFrame(t, frame) {
    this.inFlight += 1;
    const numbers = await frame;
    this.inFlight -= 1;
    if (numbers && this.isOpen) await this.ask({ do: "frame", t, numbers: [...numbers] });
  }

  sendKey(message) {
    return this.ask({ do: "key", ...message });
  }

  async ask(message) {
    const { session } = this;
    try {
      const answer = await python.ask({ ...message, session });
      if (this.isOpen && session === this.session) this.onAnswer(answer);
    } catch (error) {
      this.onClosed(noReader(error));
    }
  }
}
