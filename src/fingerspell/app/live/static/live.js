// The view: camera, hand, letter, text and keys.

const RATE_WINDOW_MS = 2000;
const SLOW_FPS = 12;
const LAST_ANSWERS_MS = 500;
const HAND_THERE = 0.5;
const NAMES = { space: "space", del: "delete", nothing: "" };

class LiveView {
  constructor(root) {
    this.root = root;
    this.$ = (selector) => root.querySelector(selector);
    this.camera = new Camera(this.$("video"), () => this.capture(), () => this.fail(UNPLUGGED));
    this.reader = new Reader();
    this.link = new Link({
      isWanted: () => this.state === "live",
      onAnswer: (answer) => this.show(answer),
      onLost: () => this.state === "live" && this.say(LOST),
      onClosed: (sentence, code) =>
        this.state === "idle" // a key was pressed, and no camera is to be stopped
          ? this.say(sentence)
          : this.fail(sentence, [NO_SESSION, NO_PICTURES].includes(code)),
    });
    this.answered = [];
    this.listen();
  }

  listen() {
    this.$(".start").onclick = () => this.start();
    this.$(".stop").onclick = () => this.stop();
    this.$(".camera").onchange = ({ target }) => this.start(target.value);
    this.$(".mirror").onchange = ({ target }) =>
      this.$(".stage").classList.toggle("mirrored", target.checked);
    this.$(".inside").onchange = ({ target }) => this.choose(target.checked);
    for (const button of this.root.querySelectorAll("[data-key]"))
      button.onclick = () => this.press({ key: button.dataset.key });
    for (const button of this.root.querySelectorAll("[data-use]"))
      button.onclick = () => this.use(button.dataset.use);
  }

  update(data, setStateValue) {
    this.setStateValue = setStateValue;
    const first = !this.data;
    if (data.token !== this.data?.token) this.offer(false); // Streamlit has noticed a restart itself
    this.data = data;
    this.root.classList.toggle("compact", data.compact);
    if (first) {
      this.$(".private").hidden = !data.inPage;
      this.$(".inside").disabled = data.inPageOnly;
      this.$(".inside").checked = data.inPageOnly || (data.inPage && wantsInPage());
      this.$(".message").textContent = this.welcome;
      this.write(data.caption);
    }
  }

  get state() {
    return this.root.dataset.state;
  }

  get inPage() {
    return this.$(".inside").checked;
  }

  get welcome() {
    return this.inPage ? IN_PAGE : this.data.welcome;
  }

  // Where pictures are read; what is under way ends, and goes on there.
  choose(inPage) {
    keepWish(inPage);
    const wasLive = this.state === "live";
    this.link.close();
    this.stop();
    if (wasLive) this.start(this.camera.deviceId);
  }

  connect() {
    const { path, token } = this.data;
    return this.link.connect(`${path}?token=${token}${this.inPage ? "&in_page=1" : ""}`);
  }

  offer(reload) {
    this.mustReload = reload;
    this.$(".start").textContent = reload ? "Reload the page" : "Start the camera";
  }

  async start(deviceId) {
    if (this.mustReload) return location.reload();
    if (!window.isSecureContext || !navigator.mediaDevices) return this.fail(INSECURE);
    this.root.dataset.state = "starting";
    this.$(".message").textContent = WAITING;
    this.$(".start").hidden = true;
    try {
      await this.camera.open(deviceId);
    } catch (error) {
      if (this.state === "starting") this.fail(cameraError(error));
    }
    await this.openReader();
    if (this.state !== "starting") return this.camera.close(); // it failed, or was stopped, in the meantime
    this.say("");
    this.answered = [];
    this.root.dataset.state = "live";
    await this.listCameras();
    if (!this.link.isOpen) await this.connect();
  }

  async openReader() {
    if (!this.inPage || this.state !== "starting") return;
    this.$(".message").textContent = LOADING;
    try {
      await this.reader.open(this.data.inPage);
    } catch (error) {
      this.fail(noReader(error));
    }
  }

  async listCameras() {
    const cameras = await this.camera.list();
    const options = cameras.map(({ deviceId, label }, i) => {
      const isChosen = deviceId === this.camera.deviceId;
      return new Option(label || `Camera ${i + 1}`, deviceId, isChosen, isChosen);
    });
    this.$(".camera").replaceChildren(...options);
  }

  // The place among the signers is given up, once the last pictures are answered.
  stop() {
    this.camera.close();
    this.curtain("idle", this.welcome);
    if (this.$(".note").textContent === LOST) this.say("");
    setTimeout(() => this.state === "idle" && this.link.close(), LAST_ANSWERS_MS);
  }

  fail(sentence, mustReload = false) {
    this.offer(mustReload);
    this.camera.close();
    this.link.close();
    this.curtain("error", sentence);
  }

  curtain(state, sentence) {
    this.root.dataset.state = state;
    this.$(".message").textContent = sentence;
    this.$(".start").hidden = false;
    this.$(".figures").textContent = "";
    this.$("canvas").getContext("2d").clearRect(0, 0, this.$("canvas").width, this.$("canvas").height);
  }

  capture() {
    const { videoWidth, videoHeight } = this.camera.video;
    this.$(".stage").style.aspectRatio = `${videoWidth} / ${videoHeight}`;
    if (this.state === "live" && this.link.hasRoom)
      this.link.sendFrame(performance.now(), this.inPage ? this.read() : this.camera.jpeg());
  }

  // The probabilities of the picture that the camera shows; the hand stays here.
  async read() {
    try {
      const seen = await this.reader.look(this.camera.pixels());
      if (seen) this.seen = seen;
      return seen?.probabilities;
    } catch (error) {
      this.fail(noReader(error));
    }
  }

  show(answer) {
    if (this.$(".note").textContent === LOST) this.say("");
    if (answer.caption) this.write(answer.caption);
    if (answer.files) this.save(answer.files);
    if ("sign" in answer && this.state === "live") {
      const { hand, joints } = this.inPage ? this.seen : answer;
      this.drawHand(hand > HAND_THERE ? joints : []);
      this.drawSign(hand > HAND_THERE ? (NAMES[answer.sign] ?? answer.sign) : "", answer.probability);
      this.measure(answer.t);
    }
  }

  drawHand(joints) {
    const canvas = this.$("canvas");
    const { videoWidth: width, videoHeight: height } = this.camera.video;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const pen = canvas.getContext("2d");
    pen.clearRect(0, 0, width, height);
    if (!joints.length) return;
    const at = joints.map(([x, y]) => [x * width, y * height]);
    pen.lineCap = "round";
    for (const [color, thickness] of [["rgb(8 20 16 / 60%)", 6], ["#5fd0a8", 3]]) {
      Object.assign(pen, { strokeStyle: color, lineWidth: (thickness * width) / 640 });
      pen.beginPath();
      for (const [from, to] of this.data.bones) {
        pen.moveTo(...at[from]);
        pen.lineTo(...at[to]);
      }
      pen.stroke();
    }
  }

  drawSign(name, probability) {
    const letter = this.$(".letter");
    letter.textContent = name;
    letter.classList.toggle("long", name.length > 1);
    this.$(".sure i").style.width = name ? `${Math.round(probability * 100)}%` : "0";
  }

  measure(timeMs) {
    const now = performance.now();
    this.answered.push({ now, delay: now - timeMs });
    this.answered = this.answered.filter((answer) => now - answer.now < RATE_WINDOW_MS);
    const spanMs = now - this.answered[0].now;
    if (spanMs < RATE_WINDOW_MS / 2) return;
    const fps = Math.round(((this.answered.length - 1) * 1000) / spanMs);
    const delays = this.answered.map((answer) => answer.delay).sort((a, b) => a - b);
    const delayMs = Math.round(delays[Math.floor(delays.length / 2)]);
    Object.assign(this.root.dataset, { fps, delayMs });
    this.$(".figures").textContent = fps < SLOW_FPS ? slow(fps) : `${fps} pictures/s, ${delayMs} ms`;
  }

  write({ text, raw, suggestions, revision }) {
    this.caption = { text, raw };
    this.$(".text").textContent = text;
    this.$(".text").scrollTop = this.$(".text").scrollHeight;
    this.$(".raw").textContent = raw.trim() && raw.trim() !== text ? `Signed: ${raw}` : "";
    const words = suggestions.map((word) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: word });
      button.onclick = () => this.press({ key: "choose", word });
      return button;
    });
    this.$(".suggestions").replaceChildren(...words);
    if (this.data.compact && revision > this.data.caption.revision) this.setStateValue("revision", revision);
  }

  async press(message) {
    if (!this.link.isOpen) await this.connect();
    this.link.sendKey(message);
  }

  async use(purpose) {
    const text = this.caption.text.toLowerCase();
    if (purpose === "speak") {
      if (!window.speechSynthesis) return this.say("This browser has no voice: copy the text instead.");
      speechSynthesis.cancel();
      return speechSynthesis.speak(new SpeechSynthesisUtterance(text));
    }
    if (purpose === "copy") {
      const copied = navigator.clipboard?.writeText(this.caption.text) ?? Promise.reject();
      const refused = () => this.say("The browser forbids copying: select the text.");
      return copied.then(() => this.say("Copied."), refused);
    }
    this.wanted = purpose;
    await this.press({ key: "files" });
  }

  save(files) {
    const href = URL.createObjectURL(new Blob([files[this.wanted]], { type: "text/plain" }));
    const download = `fingerspell.${this.wanted}`;
    Object.assign(document.createElement("a"), { href, download }).click();
    setTimeout(() => URL.revokeObjectURL(href), 1000);
  }

  say(sentence) {
    this.$(".note").textContent = sentence;
  }
}

const views = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".live");
  if (!views.has(root)) views.set(root, new LiveView(root));
  const view = views.get(root);
  view.update(data, setStateValue);
  return () => {
    view.camera.close();
    view.link.close();
    view.reader.close();
  };
}
