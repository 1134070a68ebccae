// Keeps the site for when there is no network, unpacks what is packed, and sets the pages apart from others.
// The build writes in which files there are: FILES, by path, with `file` where it is packed there, and `type`.

const FILES = {}; /* written by the build */
const VERSION = ""; /* written by the build */
const HEADERS = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "content-security-policy": "", /* written by the build: that of index.html */
  "x-content-type-options": "nosniff",
};

const scope = new URL(registration.scope);

async function load(path) {
  const { file, type, hash } = FILES[path];
  const response = await fetch(new URL(`${file ?? path}?${hash}`, scope));
  if (!response.ok) return response;
  const body = file ? response.body.pipeThrough(new DecompressionStream("gzip")) : response.body;
  return new Response(body, { headers: { ...HEADERS, "content-type": type } });
}

// One of an older version that is still the same is not loaded again.
async function same(path) {
  for (const name of await caches.keys()) {
    const old = await (await caches.open(name)).match(`${new URL(path, scope)}?${FILES[path].hash}`);
    if (old) return old;
  }
}

// The `response`, and `kept`, which is done once it is in the cache.
async function answer(path) {
  const cache = await caches.open(VERSION);
  const key = `${new URL(path, scope)}?${FILES[path].hash}`;
  const known = await cache.match(key);
  if (known) return { response: known };
  const response = (await same(path)) ?? (await load(path));
  return { response, kept: response.ok && cache.put(key, response.clone()) };
}

async function keepAll() {
  for (const path of Object.keys(FILES)) {
    const { response, kept } = await answer(path);
    if (!response.ok) throw new Error(`${path} is missing`);
    await kept;
  }
}

// A first visit begins at once and keeps what it loads; a new version is kept whole before it serves.
oninstall = (event) => event.waitUntil(registration.active ? keepAll() : skipWaiting());

onactivate = (event) => {
  const forget = async () => {
    const names = (await caches.keys()).filter((name) => name !== VERSION);
    await Promise.all(names.map((name) => caches.delete(name)));
    await clients.claim();
  };
  event.waitUntil(forget());
};

onmessage = (event) => {
  const work = { claim: () => clients.claim(), keep: keepAll }[event.data];
  const reply = () => event.source.postMessage(event.data);
  event.waitUntil(work().then(reply, () => {})); // what is not kept now will be when it is needed
};

onfetch = (event) => {
  const { href } = new URL(event.request.url);
  const path = href.split(/[?#]/)[0].slice(scope.href.length) || "index.html";
  if (!href.startsWith(scope.href) || !(path in FILES)) return;
  const answered = answer(path);
  event.respondWith(answered.then(({ response }) => response));
  event.waitUntil(answered.then(({ kept }) => kept));
};
