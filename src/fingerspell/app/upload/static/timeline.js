// Letters of a transcript as buttons: each plays the page's video from its time, and shows when it is on.

const NAMES = { space: "space", del: "delete" };

function videoOf(host) {
  // The video stands before the letters on the page.
  const videos = [...document.querySelectorAll("video")];
  const before = (video) => video.compareDocumentPosition(host) & Node.DOCUMENT_POSITION_FOLLOWING;
  return videos.filter(before).at(-1);
}

function button({ char, start_s: start }, host) {
  const element = Object.assign(document.createElement("button"), { type: "button" });
  const letter = Object.assign(document.createElement("b"), { textContent: NAMES[char] ?? char });
  const time = Object.assign(document.createElement("small"), { textContent: `${start.toFixed(1)} s` });
  element.append(letter, time);
  element.onclick = () => {
    const video = videoOf(host);
    if (!video) return;
    video.currentTime = start;
    video.play();
  };
  return element;
}

function follow(host, letters, buttons) {
  const stop = new AbortController();
  const mark = ({ target }) => {
    if (target !== videoOf(host)) return;
    const now = letters.findLastIndex((letter) => letter.start_s <= target.currentTime + 0.05);
    buttons.forEach((element, i) => {
      if (i === now) element.setAttribute("aria-current", "true");
      else element.removeAttribute("aria-current");
    });
  };
  document.addEventListener("timeupdate", mark, { capture: true, signal: stop.signal });
  return stop;
}

const following = new WeakMap(); // Streamlit calls again, without cleaning up, when data or theme change

export default function ({ data, parentElement }) {
  const host = parentElement.host;
  const buttons = data.letters.map((letter) => button(letter, host));
  parentElement.querySelector(".timeline").replaceChildren(...buttons);
  following.get(host)?.abort();
  following.set(host, follow(host, data.letters, buttons));
  return () => following.get(host)?.abort();
}
