// The command bar: "/" goes to it, what may be meant is offered, what was done is said beside it.

const bar = document.getElementById("command-bar");
if (bar) {
  const input = bar.querySelector("input[name=command]");
  const said = bar.querySelector("[data-said]");
  const offers = bar.querySelector("datalist");
  const confirm = bar.querySelector("[data-confirm]");
  const SOON_MS = 120;
  let timer = 0, asked = 0, cameFrom = null;

  const elsewhere = (target) => !target.closest("input, select, textarea, [contenteditable]");

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]") || !elsewhere(event.target)) return;
    if (event.key === "/") {
      event.preventDefault();
      event.stopImmediatePropagation();
      cameFrom = document.activeElement;
      input.focus();
      input.select();
    } else if (event.key === "?" && !document.getElementById("keys")) {
      event.preventDefault();
      location.assign("/commands");
    }
  }, true);

  input.addEventListener("keydown", (event) => {
    // No command begins with it: whoever presses it once more finds the line as at the first time.
    if (event.key === "/" && input.selectionStart === 0) {
      event.preventDefault();
      input.select();
    } else if (event.key === "Escape") { // what stands there waits, to be typed over
      event.preventDefault();
      input.blur();
      cameFrom?.focus();
    }
  });

  // What was asked about one command confirms no other.
  function askToConfirm(asks) {
    confirm.hidden = !asks;
    confirm.querySelector("input").checked = false;
  }

  input.addEventListener("input", () => {
    askToConfirm(false);
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const mine = ++asked;
      try {
        const answer = await fetch(`/command/offers?q=${encodeURIComponent(input.value)}`);
        if (!answer.ok || mine !== asked) return;
        offers.replaceChildren(...(await answer.json()).map((text) => new Option(text, text)));
      } catch { /* what is typed can be sent all the same */ }
    }, SOON_MS);
  });

  function tell(text, tone) {
    said.textContent = text;
    said.className = `said tone-${tone}`;
    said.hidden = !text;
  }

  const NOT_DONE = {
    "signed out": window.said("You are signed out: nothing was done. Sign in in another tab, then press Enter here again."),
    "somebody else": window.said("Somebody else is signed in in this browser: nothing was done. Sign in yourself in another tab, then press Enter here again."),
  };
  const send = () => fetch(bar.action, {
    method: "POST", body: new FormData(bar), headers: { "X-Live": "1" }, redirect: "manual",
  });

  bar.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!input.value.trim()) return;
    for (const old of document.querySelectorAll("#banners .tone-good")) old.remove(); // of what was done before
    tell("…", "quiet");
    try {
      let answer = await send();
      if ([400, 401, 403].includes(answer.status)) { // the sign-in has ended, or was renewed elsewhere
        const why = await window.renewToken();
        if (NOT_DONE[why]) return tell(NOT_DONE[why], "alarm");
        if (!why) answer = await send();
      }
      if (!answer.ok) throw new Error(answer.status);
      const { said: sentence, tone, to, confirm: asks } = await answer.json();
      if (to) return location.assign(to);
      tell(sentence, tone);
      askToConfirm(asks);
      if (tone === "good") input.value = "";
      if (document.activeElement !== document.body && !bar.contains(document.activeElement)) return; // gone on meanwhile
      input.focus();
      input.select(); // what was refused is mended, or typed over
    } catch {
      tell(window.said("The service does not answer: nothing is known to have changed. Look at the call, and try again."), "alarm");
    }
  });
}
