// The visit's note: kept on the server while it is typed, never in the browser's storage.

(() => {
  const form = document.getElementById("visit"), kept = document.getElementById("kept");
  const say = JSON.parse(document.getElementById("visit-words").dataset.words);
  const door = window.signInAgain(document.getElementById("sign-in-again"));
  const WAIT_MS = 600, AGAIN_MS = 3000;
  const FINAL = [403, 404, 409, 413, 422];  // sent again they would be refused again
  let edition = Number(form.elements.edition.value) || 0;
  let savedEdition = edition, refusedEdition = -1;
  let timer = 0, running = false, leaving = false;

  form.querySelector("[data-by-hand]").hidden = true;  // it is kept by itself
  form.addEventListener("input", changed);
  // Typed before this script was there.
  if ([...form.querySelectorAll("textarea")].some((field) => field.value !== field.defaultValue)) changed();

  function changed() {
    form.elements.edition.value = edition += 1;
    clearTimeout(timer);
    timer = setTimeout(keep, WAIT_MS);
  }

  async function keep() {
    if (running || leaving) return;
    running = true;
    const asked = edition;
    let wait = WAIT_MS;
    try {
      const answer = await fetch(`${form.getAttribute("action")}/draft`, {
        method: "POST", body: new FormData(form), headers: { Accept: "application/json" },
        cache: "no-store", signal: AbortSignal.timeout(8000),
      });
      if (!answer.ok) throw answer;
      savedEdition = asked;
      tell("muted", `${say.kept} ${(await answer.json()).saved}`);
    } catch (problem) {
      wait = AGAIN_MS;
      const ended = problem.status === 401;
      if (FINAL.includes(problem.status)) refusedEdition = asked;
      tell("badge tone-alarm", refusedEdition === asked ? await refusal(problem) : ended ? say.signed_out : say.waits);
      if ((ended || problem.status === 400) && await door.back()) wait = 0;  // signed in again, with a fresh token
    }
    running = false;
    if (edition !== savedEdition && edition !== refusedEdition) timer = setTimeout(keep, wait);
  }

  async function refusal(answer) {
    const told = await answer.json().catch(() => ({}));
    return say.refused.replace("%(why)s", () => told.detail || answer.status);
  }

  function tell(look, words) {
    kept.className = look;
    if (kept.textContent !== words) kept.textContent = words;
  }

  form.addEventListener("submit", () => { leaving = true; });
  addEventListener("pageshow", (event) => {
    leaving = false;
    if (event.persisted) location.reload();  // gone back to: it may be written down by now
  });
  addEventListener("beforeunload", (event) => {
    if (!leaving && edition !== savedEdition) event.preventDefault();
  });
})();
