// The hand of hand.glb: in the pose of a letter, or on its way through keyframes that keyframes.py wrote.

// From the lightest to the darkest, of the palm; the mesh's own colours make the rest of the hand darker.
const TONES = [
  "#f9e2d0", "#f3d2b8", "#eabf9d", "#dca880", "#c98f65", "#b1764d", "#965f3c", "#774a30", "#603d2c", "#4b3025",
];
const MIDDLE = [0.04, 0.1, 0]; // what the camera looks at, in palms
const REACH = 1.36; // palms above, below and beside that are seen
const LENS_DEG = 24;
const EASINGS = {
  smooth: (x) => x * x * (3 - 2 * x),
  in: (x) => x * x,
  out: (x) => x * (2 - x),
  even: (x) => x,
};
const RADIANS = Math.PI / 180;
const LESS_MOTION = matchMedia("(prefers-reduced-motion: reduce)");

class HandView {
  constructor(canvas) {
    this.canvas = canvas;
    this.looks = { tone: 4, left: false, behind: false };
  }

  // Loads what draws, and the hand; false where this browser cannot.
  open(addresses) {
    this.opened ??= this.load(addresses).catch((error) => {
      console.warn(`The hand cannot be drawn: ${error.message}`);
      return false;
    });
    return this.opened;
  }

  async load({ three, hand }) {
    const kit = (this.kit = await import(new URL(three, location.href))); // a component has no address
    const { scene, animations } = await new kit.GLTFLoader().loadAsync(hand);
    this.renderer = new kit.WebGLRenderer({ canvas: this.canvas, antialias: true, alpha: true });
    this.renderer.shadowMap.enabled = true;
    this.renderer.shadowMap.type = kit.PCFShadowMap;
    this.mesh = scene.getObjectByProperty("isSkinnedMesh", true);
    Object.assign(this.mesh, { castShadow: true, receiveShadow: true, frustumCulled: false });
    // The forearm fades; all else is solid, and hides what is behind it.
    Object.assign(this.mesh.material, { depthWrite: true, side: 0 });
    this.bones = this.mesh.skeleton.bones;
    this.poses = new Map(animations.map((clip) => [clip.name, this.poseOf(clip)]));
    this.world = new kit.Scene();
    this.camera = new kit.PerspectiveCamera(LENS_DEG, 1, 0.5, 30);
    this.world.add(scene, this.camera, ...this.lights());
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(this.canvas);
    this.at({ poses: { rest: 1 } });
    return true;
  }

  // Soft light from all sides, and one from above that casts shadows: they tell what is before what.
  lights() {
    const { kit, camera } = this;
    const sun = new kit.DirectionalLight("#fff4e6", 2.3);
    sun.position.set(-1.6, 3.2, 1.5);
    sun.castShadow = true;
    sun.shadow.mapSize.set(2048, 2048);
    sun.shadow.radius = 6;
    sun.shadow.bias = -0.0006;
    sun.shadow.normalBias = 0.02;
    Object.assign(sun.shadow.camera, { left: -2.2, right: 2.2, top: 2.2, bottom: -2.2, near: 0.5, far: 14 });
    const side = new kit.DirectionalLight("#dfe9ff", 0.55);
    side.position.set(3, 0.2, -2);
    camera.add(sun, side); // they go with who looks
    return [new kit.HemisphereLight("#ffffff", "#8f7d74", 1.35)];
  }

  poseOf({ tracks }) {
    const turns = new Map();
    let place = null;
    for (const { name, values } of tracks) {
      const [bone, property] = name.split(".");
      if (property === "quaternion") turns.set(bone, Float32Array.from(values.slice(0, 4)));
      else place = Float32Array.from(values.slice(0, 3));
    }
    return { turns: this.bones.map((bone) => turns.get(bone.name)), place };
  }

  look(looks) {
    Object.assign(this.looks, looks);
    this.draw();
  }

  show(name) {
    this.stop();
    this.at({ poses: { [name]: 1 } });
  }

  // From the first keyframe to the last; resolves to whether it came to its end.
  play(keyframes, rate = 1) {
    this.stop();
    const end = keyframes.at(-1).t;
    return new Promise((resolve) => {
      let begin = null;
      this.ended = resolve;
      const step = (now) => {
        begin ??= now;
        const time = ((now - begin) / 1000) * rate;
        this.at(moment(keyframes, time));
        if (time < end) this.frame = requestAnimationFrame(step);
        else this.finish(true);
      };
      this.frame = requestAnimationFrame(step);
    });
  }

  stop() {
    cancelAnimationFrame(this.frame);
    this.finish(false);
  }

  finish(whole) {
    const ended = this.ended;
    this.ended = null;
    ended?.(whole);
  }

  // Poses with their shares, and how far from there the wrist has gone and turned.
  at({ poses, move = [0, 0, 0], turn = [0, 0, 0] }) {
    const parts = Object.entries(poses).map(([name, share]) => [this.poses.get(name), share]);
    this.bones.forEach((bone, i) => bone.quaternion.set(...mixed(parts.map(([pose, share]) => [pose.turns[i], share]))));
    const [wrist] = this.bones;
    const place = [0, 1, 2].map((k) => parts.reduce((sum, [pose, share]) => sum + share * pose.place[k], move[k]));
    wrist.position.set(...place);
    const [roll, pitch, yaw] = turn;
    const { Quaternion, Vector3 } = this.kit;
    for (const [axis, angle] of [[[0, 1, 0], yaw], [[1, 0, 0], pitch], [[0, 0, 1], roll]])
      if (angle) wrist.quaternion.premultiply(new Quaternion().setFromAxisAngle(new Vector3(...axis), angle * RADIANS));
    this.draw();
  }

  // Browsers hold few of these at a time.
  close() {
    this.stop();
    this.resized?.disconnect();
    this.renderer?.dispose();
    this.renderer?.forceContextLoss();
    this.camera = null;
  }

  draw() {
    if (!this.camera) return;
    const { canvas, camera, renderer, looks } = this;
    const { clientWidth: width, clientHeight: height } = canvas;
    if (!width || !height) return;
    const ratio = Math.min(devicePixelRatio, 3);
    if (this.size !== `${width} ${height} ${ratio}`) {
      this.size = `${width} ${height} ${ratio}`;
      renderer.setPixelRatio(ratio);
      renderer.setSize(width, height, false);
    }
    const distance = (REACH / Math.tan((LENS_DEG / 2) * RADIANS)) * (looks.behind ? -1 : 1);
    camera.aspect = width / height;
    camera.position.set(MIDDLE[0], MIDDLE[1] + 0.25, distance);
    camera.lookAt(...MIDDLE);
    camera.updateProjectionMatrix();
    canvas.style.transform = looks.left ? "scaleX(-1)" : "";
    this.mesh.material.color.set(TONES[looks.tone - 1]);
    renderer.render(this.world, camera);
  }
}

// What is between the keyframes at a time.
function moment(keyframes, time) {
  const next = keyframes.findIndex(({ t }) => t > time);
  if (next === 0) return keyframes[0];
  if (next < 0) return keyframes.at(-1);
  const [from, to] = [keyframes[next - 1], keyframes[next]];
  const share = EASINGS[to.ease ?? "smooth"]((time - from.t) / (to.t - from.t));
  const poses = {};
  for (const [name, part] of Object.entries(from.poses)) poses[name] = part * (1 - share);
  for (const [name, part] of Object.entries(to.poses)) poses[name] = (poses[name] ?? 0) + part * share;
  const between = (a, b) => a.map((value, k) => value + (b[k] - value) * share);
  return { poses, move: between(from.move, to.move), turn: between(from.turn, to.turn) };
}

// One rotation out of several with their shares.
function mixed(parts) {
  const [[first]] = parts;
  const sum = [0, 0, 0, 0];
  for (const [turn, share] of parts) {
    const along = turn.reduce((total, value, k) => total + value * first[k], 0);
    turn.forEach((value, k) => (sum[k] += value * share * (along < 0 ? -1 : 1)));
  }
  const length = Math.hypot(...sum);
  return sum.map((value) => value / length);
}
