// The connection to the reader: at most two frames on their way, and a new try when it is lost.

const IN_FLIGHT = 2;
const RETRIES = 10; // over 27 seconds
const CLOCK_BYTES = 8;

class Link {
  constructor({ onAnswer, onLost, onClosed }) {
    Object.assign(this, { onAnswer, onLost, onClosed });
    this.retries = this.inFlight = 0;
  }

  async connect(path, token) {
    const protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.close();
    const socket = (this.socket = new WebSocket(`${protocol}//${location.host}${path}?token=${token}`));
    this.inFlight = 0;
    socket.onmessage = ({ data }) => this.receive(JSON.parse(data));
    socket.onclose = ({ code }) => socket === this.socket && this.lost(code, path, token);
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

  async sendFrame(timeMs, picture) {
    this.inFlight += 1;
    const socket = this.socket;
    const blob = await picture;
    if (socket !== this.socket || !this.isOpen) return;
    if (!blob) return void (this.inFlight -= 1);
    const clock = new DataView(new ArrayBuffer(CLOCK_BYTES));
    clock.setFloat64(0, timeMs, true);
    socket.send(await new Blob([clock, blob]).arrayBuffer());
  }

  sendKey(message) {
    if (this.isOpen) this.socket.send(JSON.stringify(message));
  }

  receive(answer) {
    this.retries = 0;
    if ("t" in answer) this.inFlight -= 1;
    this.onAnswer(answer);
  }

  lost(code, path, token) {
    if (code in CLOSINGS) return this.onClosed(CLOSINGS[code], code);
    if (this.retries >= RETRIES) return this.onClosed(GONE);
    this.retries += 1;
    this.onLost();
    this.retry = setTimeout(() => this.connect(path, token), 500 * this.retries);
  }
}
