// What comes first: a service worker, which keeps the site and lets it run as fast as it can; then all else.

const $ = (selector) => document.querySelector(selector);
const OLD =
  "This browser cannot keep this page, so it cannot read here. Open it with https, in the newest Chrome, Edge, " +
  "Firefox or Safari, and not in a private window.";
const NOT_LOADED = "The reader could not be loaded. Check your connection and reload the page.";
const KEPT = "This page now works without a network.";

// A page that no worker serves yet is loaded again by it: then it is kept, and apart from other sites.
async function isServed() {
  if (!navigator.serviceWorker) throw new Error(OLD);
  const served = new Promise((resolve) => (navigator.serviceWorker.oncontrollerchange = () => resolve(true)));
  const registration = await navigator.serviceWorker.register("sw.js", { updateViaCache: "none" });
  if (navigator.serviceWorker.controller) return true;
  registration.active?.postMessage("claim"); // after a reload that went round it
  await served;
  location.reload();
  return false;
}

async function keep() {
  const { controller } = navigator.serviceWorker;
  navigator.serviceWorker.onmessage = ({ data }) => data === "keep" && ($(".kept").textContent = KEPT);
  controller.postMessage("keep");
}

try {
  if (await isServed()) {
    const { begin } = await import("./main.js");
    await begin();
    await keep();
  }
} catch (error) {
  $(".trouble").textContent = error.message === OLD ? OLD : `${NOT_LOADED} (${error.message})`;
  $(".trouble").hidden = false;
}
