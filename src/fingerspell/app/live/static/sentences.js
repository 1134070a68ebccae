// What can go wrong, each with the way on.

const CAMERA_ERRORS = {
  NotAllowedError:
    "This page may not use the camera. Click the camera icon in the address bar, allow it, and start again.",
  NotFoundError: "No camera was found. Plug one in and start again, or read a video under Read files.",
  NotReadableError:
    "The camera is in use. Close the other window or program that shows it, and start again.",
};
CAMERA_ERRORS.SecurityError = CAMERA_ERRORS.NotAllowedError;
CAMERA_ERRORS.OverconstrainedError = CAMERA_ERRORS.NotFoundError;
CAMERA_ERRORS.AbortError = CAMERA_ERRORS.NotReadableError;

const INSECURE =
  "Browsers allow the camera only on pages with an https address and on this computer's own. " +
  "Open this page with https, or run fingerspell on this computer and open http://localhost:8501.";
const UNPLUGGED = "The camera stopped. Plug it in again and start again.";
const LOADING = "Loading the reader into this page: about 13 MB, the first time.";
const IN_PAGE = "Your video stays in this browser. Nothing is saved.";
const noReader = (error) =>
  `This browser cannot read inside the page (${error.message}). Use the newest Chrome, Edge, Firefox or Safari.`;
const STARTING = "Starting…";
const WAITING = "Allow the camera if the browser asks.";
const LOST = "Connection lost. Trying again…";
const GONE = "fingerspell does not answer. Start the camera again once it does.";

// By the code with which the server closed the connection (socket.py).
const NO_SESSION = 4404;
const NO_PICTURES = 4403;
const CLOSINGS = {
  4400: "The pictures of this camera could not be read. Choose another camera and start again.",
  [NO_PICTURES]: "This page has to read by itself. Reload it.",
  [NO_SESSION]: "fingerspell was restarted. Reload the page; your text stays.",
  4409: "The camera was started in another tab. Stop it there, or start it here again.",
  4429: "All places are taken. Try again in a moment.",
};

const SMOOTH = "Running smoothly";
const SLOW = "Running slowly. Hold each letter a little longer.";
const cameraError = (error) =>
  CAMERA_ERRORS[error.name] ?? `The camera cannot be used (${error.message}). Try another.`;
