// The view: camera, hand, letter and keys; the text is in text.js.

const RATE_WINDOW_MS = 2000;
const SLOW_FPS = 12;
const LATE_MS = 150; // from here on a hand is shown in the picture that it was read from
const LAST_ANSWERS_MS = 500;
const LETTER_MS = 700; // for which a letter that was added stays to be seen
const HAND_THERE = 0.5;
const NAMES = { space: "space", del: "delete", nothing: "" };

class LiveView {
  constructor(root) {
    this.root = root;
    this.$ = (selector) => root.querySelector(selector);
    this.camera = new Camera(this.$("video"), () => this.capture(), () => this.fail(UNPLUGGED));
    this.reader = new Reader();
    this.words = new TextView(root, (message) => this.press(message), (sentence) => this.say(sentence));
    this.link = new Link({
      isWanted: () => this.state === "live",
      onAnswer: (answer) => this.show(answer),
      onLost: () => this.state === "live" && this.pause(),
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
  }

  update(data, setStateValue) {
    this.setStateValue = setStateValue;
    const before = this.data;
    this.data = data;
    this.root.classList.toggle("compact", data.compact);
    if (!before) {
      this.$(".private").hidden = !data.inPage;
      this.$(".inside").disabled = data.inPageOnly;
      this.$(".inside").checked = data.inPageOnly || (data.inPage && isWished(IN_PAGE_WISH));
      if (data.early) this.reader.open(data.inPage).catch(() => {}); // said when the camera starts
    }
    if (data.token !== before?.token) this.begin(data);
    else if (JSON.stringify(data.inPage) !== JSON.stringify(before.inPage)) this.restart(); // other classes are read
  }

  // A session that is new to this page: its first, or one of a server that was started again.
  begin(data) {
    this.link.close();
    this.camera.close();
    this.offer(false);
    this.say("");
    this.curtain("idle", this.welcome);
    if (!data.compact) this.words.begin(data.caption);
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

  // Where pictures are read.
  choose(inPage) {
    keepWish(IN_PAGE_WISH, inPage);
    this.restart();
  }

  // What is under way ends, and goes on as is wished now.
  restart() {
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
    if (this.state === "starting") return;
    if (!window.isSecureContext || !navigator.mediaDevices) return this.fail(INSECURE);
    this.root.dataset.state = "starting";
    this.$(".message").textContent = WAITING;
    this.$(".start").textContent = STARTING;
    this.$(".start").setAttribute("aria-disabled", "true");
    try {
      await this.camera.open(deviceId);
    } catch (error) {
      if (this.state === "starting") this.fail(cameraError(error));
    }
    await this.openReader();
    if (this.state !== "starting") return this.camera.close(); // it failed, or was stopped, in the meantime
    this.say("");
    this.answered = [];
    this.moveFocus(".start", ".stop", () => (this.root.dataset.state = "live"));
    await this.listCameras();
    if (!this.link.isOpen) await this.connect();
  }

  // Keyboards and screen readers go on where they were, though the button goes.
  moveFocus(from, to, change) {
    const hadFocus = this.root.getRootNode().activeElement === this.$(from);
    change();
    if (hadFocus) this.$(to).focus({ preventScroll: true });
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
    this.$(".choice").hidden = options.length < 2;
  }

  // The place among the signers is given up, once the last pictures are answered.
  stop() {
    this.camera.close();
    this.curtain("idle", this.welcome);
    if (this.$(".note").textContent === LOST) this.say("");
    setTimeout(() => this.state === "idle" && this.link.close(), LAST_ANSWERS_MS);
  }

  fail(sentence, mustReload = false) {
    this.camera.close();
    this.link.close();
    this.say("");
    this.curtain("error", sentence);
    this.offer(mustReload);
  }

  // Nothing is read while the connection is lost, so nothing that was read is shown.
  pause() {
    this.say(LOST);
    this.wipe();
  }

  wipe() {
    this.$("canvas").getContext("2d").clearRect(0, 0, this.$("canvas").width, this.$("canvas").height);
    this.drawSign("", 0);
    this.$(".figures").textContent = "";
    this.isLate = false;
    this.added = null;
  }

  curtain(state, sentence) {
    this.moveFocus(".stop", ".start", () => (this.root.dataset.state = state));
    this.$(".message").textContent = sentence;
    this.$(".start").removeAttribute("aria-disabled");
    this.offer(this.mustReload);
    this.wipe();
  }

  capture() {
    const { videoWidth, videoHeight } = this.camera.video;
    this.$(".stage").style.setProperty("--shape", videoWidth / videoHeight);
    if (this.state !== "live" || !this.link.hasRoom) return;
    const timeMs = performance.now();
    const frame = this.inPage ? this.read(timeMs) : this.camera.jpeg();
    if (this.isLate) this.camera.remember(timeMs);
    this.link.sendFrame(timeMs, frame);
  }

  // What is seen in the picture that the camera shows, as numbers; the picture stays here.
  async read(timeMs) {
    try {
      const seen = await this.reader.look(this.camera.pixels(), "", timeMs / 1000);
      if (seen) this.seen = seen;
      return seen?.numbers;
    } catch (error) {
      this.fail(noReader(error));
    }
  }

  show(answer) {
    if (this.$(".note").textContent === LOST) this.say("");
    if (answer.hello) this.words.connected();
    this.words.answered(answer.key);
    if (answer.caption) this.write(answer.caption);
    if (answer.files) this.words.save(answer.files);
    if ("sign" in answer && this.state === "live") {
      const { hand, joints } = this.inPage ? this.seen : answer;
      this.drawHand(hand > HAND_THERE ? joints : [], answer.t, answer.off ?? []);
      this.showSign(hand > HAND_THERE ? (NAMES[answer.sign] ?? answer.sign) : "", answer.probability);
      this.measure(answer.t);
    }
  }

  // What joins the text is seen for a moment, also where the next picture shows another sign.
  showSign(name, probability) {
    if (this.added && performance.now() < this.added.until) this.drawSign(this.added.name, 1);
    else this.drawSign(name, probability);
  }

  drawHand(joints, timeMs, off) {
    const canvas = this.$("canvas");
    const picture = this.camera.recall(timeMs);
    const { videoWidth, videoHeight } = this.camera.video;
    const [width, height] = picture ? [picture.width, picture.height] : [videoWidth, videoHeight];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    canvas.classList.toggle("late", Boolean(picture));
    const pen = canvas.getContext("2d");
    pen.clearRect(0, 0, width, height);
    if (picture) pen.drawImage(picture, 0, 0);
    const isPast = !picture && performance.now() - timeMs > LATE_MS; // the hand has moved on
    if (!joints.length || isPast) return;
    drawBones(pen, joints, this.data.bones);
    if (off.length) markOff(pen, joints, off);
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
    this.isLate = delayMs > LATE_MS;
    Object.assign(this.root.dataset, { fps, delayMs });
    const said = fps < SLOW_FPS ? SLOW : SMOOTH;
    if (this.$(".figures").textContent !== said) this.$(".figures").textContent = said;
  }

  write(caption) {
    const added = this.words.write(caption);
    if (added) this.added = { name: added === " " ? NAMES.space : added, until: performance.now() + LETTER_MS };
    const { compact, caption: known } = this.data;
    if (compact && caption.revision > known.revision) this.setStateValue("revision", caption.revision);
  }

  async press(message) {
    if (!this.link.isOpen) {
      this.connecting ??= this.connect().finally(() => (this.connecting = null));
      await this.connecting; // one for all that is pressed in the meantime
    }
    this.link.sendKey(message);
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
    view.words.finishEdit();
    view.camera.close();
    view.link.close();
    view.reader.close();
  };
}
