// Shows what is signed, in the newest lines; the address says how (docs/app.md).

const BAD_TOKEN = 4401;
const AGAIN_MS = 1000;
const NEWEST = 600; // characters that are shown at most
const STALE = "This address is out of date: copy it again from the page Sign.";
const OPTIONS = { size: "font-size", color: "color", background: "background-color", align: "text-align" };

const asked = new URLSearchParams(location.search);
const place = document.querySelector("#text");
let hiding;

// What is no CSS of its kind is passed over.
function style() {
  const root = document.documentElement.style;
  for (const [name, property] of Object.entries(OPTIONS)) {
    const value = asked.get(name);
    if (value && CSS.supports(property, value)) root.setProperty(`--${name}`, value);
  }
  const lines = Number(asked.get("lines"));
  if (lines >= 1) root.setProperty("--lines", Math.floor(lines));
}

function show(text) {
  const line = document.createElement("span");
  line.textContent = text.slice(-NEWEST);
  const block = document.createElement("div");
  block.append(line);
  place.replaceChildren(...(text ? [block] : []));
  clearTimeout(hiding);
  const seconds = Number(asked.get("hide"));
  if (seconds > 0) hiding = setTimeout(() => place.replaceChildren(), seconds * 1000);
}

function listen() {
  const protocol = location.protocol === "https:" ? "wss:" : "ws:";
  const token = encodeURIComponent(asked.get("token") ?? "");
  const socket = new WebSocket(`${protocol}//${location.host}/fingerspell/events?token=${token}`);
  const key = asked.has("raw") ? "raw_text" : "text";
  socket.onmessage = ({ data }) => {
    const document = JSON.parse(data);
    if (key in document) show(document[key]);
  };
  socket.onclose = ({ code }) => (code === BAD_TOKEN ? show(STALE) : setTimeout(listen, AGAIN_MS));
}

style();
listen();
