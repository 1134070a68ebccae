// The connection to the reader: at most two frames on their way, and a new try when it is lost.

const IN_FLIGHT = 2;
const RETRIES = 10; // over 27 seconds
const CLOCK_BYTES = 8;

class Link {
  constructor({ isWanted, onAnswer, onLost, onClosed }) {
    Object.assign(this, { isWanted, onAnswer, onLost, onClosed });
    this.retries = this.inFlight = 0;
  }

  async connect(address) {
    const protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.close();
    const socket = (this.socket = new WebSocket(`${protocol}//${location.host}${address}`));
    this.inFlight = 0;
    socket.onmessage = ({ data }) => socket === this.socket && this.receive(JSON.parse(data));
    socket.onclose = ({ code }) => socket === this.socket && this.lost(code, address);
    await new Promise((resolve) => (socket.onopen = resolve));
  }

  close() {
    clearTimeout(this.retry);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  get isOpen() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  get hasRoom() {
    return this.isOpen && this.inFlight < IN_FLIGHT;
  }

  // What goes up of a frame, once it is there: a JPEG, or the numbers of what the page has seen.
  async sendFrame(timeMs, frame) {
    this.inFlight += 1;
    const socket = this.socket;
    const content = await frame;
    if (socket !== this.socket || !this.isOpen) return;
    if (!content) return void (this.inFlight -= 1);
    const clock = new DataView(new ArrayBuffer(CLOCK_BYTES));
    clock.setFloat64(0, timeMs, true);
    socket.send(await new Blob([clock, content]).arrayBuffer());
  }

  sendKey(message) {
    if (this.isOpen) this.socket.send(JSON.stringify(message));
  }

  receive(answer) {
    this.retries = 0;
    if ("t" in answer) this.inFlight -= 1;
    this.onAnswer(answer);
  }

  lost(code, address) {
    if (code in CLOSINGS) return this.onClosed(CLOSINGS[code], code);
    if (!this.isWanted()) return; // a key connects again
    if (this.retries >= RETRIES) return this.onClosed(GONE);
    this.retries += 1;
    this.onLost();
    this.retry = setTimeout(() => this.connect(address), 500 * this.retries);
  }
}
