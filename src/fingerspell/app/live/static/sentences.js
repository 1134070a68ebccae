// What can go wrong, each with the way on.

const CAMERA_ERRORS = {
  NotAllowedError:
    "This page may not use the camera: click the camera sign beside the address, allow it, and start again.",
  NotFoundError:
    "No camera was found: plug one in and start again, or read a video under Read files.",
  NotReadableError:
    "The camera is in use elsewhere: close the other window or program that shows it, and start again.",
};
CAMERA_ERRORS.SecurityError = CAMERA_ERRORS.NotAllowedError;
CAMERA_ERRORS.OverconstrainedError = CAMERA_ERRORS.NotFoundError;
CAMERA_ERRORS.AbortError = CAMERA_ERRORS.NotReadableError;

const INSECURE =
  "Browsers give their camera only to pages with an https address and to this computer's own: " +
  "open this page with https, or run fingerspell on this computer and open http://localhost:8501.";
const UNPLUGGED = "The camera has stopped giving pictures: plug it in again and start again.";
const LOADING = "Loading the reader into this page: about 13 MB, the first time.";
const IN_PAGE = "Pictures are read inside this page, and none leaves this browser.";
const noReader = (error) =>
  `This browser cannot read inside the page (${error.message}): use the newest Chrome, Edge, Firefox or Safari.`;
const WAITING = "Allow the camera if the browser asks.";
const LOST = "The connection to fingerspell was lost; trying again…";
const GONE = "fingerspell does not answer: start it again with `fingerspell app`, then start the camera.";

// By the code with which the server closed the connection (socket.py).
const NO_SESSION = 4404;
const NO_PICTURES = 4403;
const CLOSINGS = {
  4400: "The pictures of this camera could not be read: choose another camera and start again.",
  [NO_PICTURES]: "fingerspell takes no pictures here: reload the page, which then reads them itself.",
  [NO_SESSION]: "fingerspell was started again since this page was opened: reload the page.",
  4409: "The camera was started in another tab: stop it there, or start it here again.",
  4429: "As many cameras as this computer can read are in use: start again when one has stopped.",
};

const slow = (fps) =>
  `This computer reads ${fps} pictures a second: hold each letter a little longer, or close other programs.`;
const cameraError = (error) =>
  CAMERA_ERRORS[error.name] ?? `The camera cannot be used (${error.message}): try another.`;
