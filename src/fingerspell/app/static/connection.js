// Says when the server no longer answers, and takes it back when it does.

const EVERY_MS = 3000;
const FAILURES = 2;

export default function ({ data, parentElement }) {
  const note = parentElement.querySelector(".gone");
  let failures = 0;
  const ask = async () => {
    const there = await fetch("/_stcore/health", { cache: "no-store" }).then(({ ok }) => ok, () => false);
    failures = there ? 0 : failures + 1;
    const said = failures >= FAILURES ? data.sentence : "";
    if (note.textContent !== said) note.textContent = said;
  };
  const asking = setInterval(ask, EVERY_MS);
  return () => clearInterval(asking);
}
