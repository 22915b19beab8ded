// The visit's note: kept on the server while it is typed. What has not arrived there yet is held by the
// tab, encrypted (unsent.js).

(() => {
  const form = document.getElementById("visit"), kept = document.getElementById("kept");
  const say = JSON.parse(document.getElementById("visit-words").dataset.words);
  const door = window.signInAgain(document.getElementById("sign-in-again"));
  const WAIT_MS = 600, AGAIN_MS = 3000, NEAR = 0.1;
  const FINAL = [403, 404, 409, 413, 422];  // sent again they would be refused again
  let edition = Number(form.elements.edition.value) || 0;
  let savedEdition = edition, refusedEdition = -1, fails = false;
  let timer = 0, hurried = -1, running = false, leaving = false;

  form.querySelector("[data-by-hand]").hidden = true;  // it is kept by itself
  const counts = [...form.querySelectorAll("[data-most]")].map(counter);
  form.addEventListener("input", changed);
  // Typed before this script was there.
  if ([...form.querySelectorAll("textarea")].some((field) => field.value !== field.defaultValue)) changed();

  function changed() {
    edition = Number(form.elements.edition.value) + 1;  // after a reload it goes on from there
    form.elements.edition.value = edition;
    for (const count of counts) count();
    clearTimeout(timer);
    timer = setTimeout(keep, WAIT_MS);
  }

  function send(more) {
    return fetch(`${form.getAttribute("action")}/draft`, {
      method: "POST", body: new FormData(form), headers: { Accept: "application/json" }, cache: "no-store", ...more,
    });
  }

  async function keep() {
    if (running || leaving) return;
    running = true;
    const asked = edition, held = holds();
    let wait = WAIT_MS;
    try {
      const answer = await send({ signal: AbortSignal.timeout(8000) });
      if (!answer.ok) throw answer;
      const { saved, too_long } = await answer.json();
      savedEdition = asked;
      fails = false;
      for (const [field, value] of held) field.dataset.kept = value;
      form.dispatchEvent(new Event("kept", { bubbles: true }));
      tell(too_long ? "badge tone-warn" : "muted", too_long || `${say.kept} ${saved}`);
    } catch (problem) {
      wait = AGAIN_MS;
      fails = true;
      const ended = problem.status === 401;
      if (FINAL.includes(problem.status)) refusedEdition = asked;
      tell("badge tone-alarm", refusedEdition === asked ? await refusal(problem) : ended ? say.signed_out : say.waits);
      if ((ended || problem.status === 400) && await door.back()) wait = 0;  // signed in again, with a fresh token
    }
    running = false;
    if (edition !== savedEdition && edition !== refusedEdition) timer = setTimeout(keep, wait);
  }

  // As unsent.js compares it.
  function holds() {
    return [...form.elements].filter((field) => field.name && field.type !== "hidden")
      .map((field) => [field, field.type === "radio" ? String(field.checked) : field.value]);
  }

  async function refusal(answer) {
    const told = await answer.json().catch(() => ({}));
    return say.refused.replace("%(why)s", () => told.detail || answer.status);
  }

  function tell(look, words) {
    kept.className = look;
    if (kept.textContent !== words) kept.textContent = words;
  }

  // How many characters still fit, where it becomes few: told while somebody types, not when they have finished.
  function counter(field) {
    const line = document.createElement("p"), most = Number(field.dataset.most);
    line.id = `n-${field.name}`;
    field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") || ""} ${line.id}`.trim());
    field.after(line);
    const wrong = field.hasAttribute("aria-invalid");
    function count() {
      const left = most - [...field.value.trim()].length;
      const words = left < 0 ? say.over : left <= most * NEAR ? say.left : "";
      line.textContent = words.replace("%(count)s", Math.abs(left).toLocaleString(document.documentElement.lang));
      line.className = left < 0 ? "error" : "hint";
      field.toggleAttribute("aria-invalid", false);
      if (left < 0 || wrong) field.setAttribute("aria-invalid", "true");
    }
    count();
    return count;
  }

  // What was typed within the last moment, before the page goes, or the telephone into a pocket.
  function hurry() {
    if (leaving || [savedEdition, refusedEdition, hurried].includes(edition)) return;
    hurried = edition;
    send({ keepalive: true }).catch(() => {});
  }

  form.addEventListener("submit", () => { leaving = true; });
  addEventListener("pageshow", (event) => {
    leaving = false;
    if (event.persisted) location.reload();  // gone back to: it may be written down by now
  });
  document.addEventListener("visibilitychange", () => document.hidden && hurry());
  addEventListener("pagehide", hurry);
  addEventListener("beforeunload", (event) => {
    if (!leaving && edition !== savedEdition && (fails || !crypto.subtle) && !window.sealed.comesBack()) event.preventDefault();
    else hurry();
  });
})();
