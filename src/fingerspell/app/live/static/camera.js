// The camera: pictures as they come, at most `LONGEST_PX` a side, as JPEG or as pixels.

const LONGEST_PX = 640;
const JPEG_QUALITY = 0.8;
const SMALL_PX = 240; // width of pictures that are kept until they are answered
const MOST_KEPT = 4;

class Camera {
  constructor(video, onFrame, onEnd) {
    Object.assign(this, { video, onFrame, onEnd });
    this.canvas = document.createElement("canvas");
    this.pen = this.canvas.getContext("2d", { willReadFrequently: true });
    this.kept = new Map(); // small pictures by their times, oldest first
  }

  async open(deviceId) {
    const wanted = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } };
    const device = deviceId ? { deviceId: { exact: deviceId } } : {};
    const video = { ...wanted, ...device };
    const stream = await navigator.mediaDevices.getUserMedia({ audio: false, video });
    this.close();
    this.stream = stream;
    const [track] = stream.getVideoTracks();
    track.addEventListener("ended", () => stream === this.stream && this.onEnd());
    this.deviceId = track.getSettings().deviceId;
    this.video.srcObject = stream;
    await this.video.play();
    this.watch(stream);
  }

  close() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = this.video.srcObject = null;
  }

  async list() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.filter((device) => device.kind === "videoinput");
  }

  watch(stream) {
    this.video.requestVideoFrameCallback(() => {
      if (stream !== this.stream) return;
      this.onFrame();
      this.watch(stream);
    });
  }

  draw() {
    const { videoWidth: width, videoHeight: height } = this.video;
    const scale = Math.min(1, LONGEST_PX / Math.max(width, height));
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    this.pen.drawImage(this.video, 0, 0, this.canvas.width, this.canvas.height);
  }

  jpeg() {
    this.draw();
    return new Promise((resolve) => this.canvas.toBlob(resolve, "image/jpeg", JPEG_QUALITY));
  }

  pixels() {
    this.draw();
    return this.pen.getImageData(0, 0, this.canvas.width, this.canvas.height);
  }

  // Keeps what was drawn last, small, for when it is answered.
  remember(timeMs) {
    const width = Math.min(SMALL_PX, this.canvas.width);
    const height = Math.round((width * this.canvas.height) / this.canvas.width);
    const small = Object.assign(document.createElement("canvas"), { width, height });
    small.getContext("2d").drawImage(this.canvas, 0, 0, width, height);
    this.kept.set(timeMs, small);
    for (const old of [...this.kept.keys()].slice(0, -MOST_KEPT)) this.kept.delete(old);
  }

  recall(timeMs) {
    const picture = this.kept.get(timeMs);
    this.kept.delete(timeMs);
    return picture;
  }
}
