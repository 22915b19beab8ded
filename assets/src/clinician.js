// The page of somebody who was paged: kept fresh, and what they press is sent until it has arrived, after a reload too:
// the tab keeps it sealed (sealed.js).

(() => {
  const SEND_MS = 8000, AGAIN_MS = 2000, LONG_MS = 180000, READ_MS = 6000, SHOWN = 2;
  const MOVED_MS = 1000, JUST_MS = 3000, FEW_PX = 8;
  const OLD_MS = 30 * 60 * 1000; // what was pressed before that may be true no more; a cry for help is sent however old
  const part = document.getElementById("on-the-phone"), presses = [];
  const say = JSON.parse(part.dataset.words);
  const list = document.createElement("ol");
  const news = document.createElement("div");
  list.className = "own-sent";
  news.className = "own-news";
  news.setAttribute("role", "status");
  news.append(list);
  const scrolls = document.querySelector(".page");
  scrolls.before(news);
  const form = document.getElementById("sign-in-again");
  if (form) document.getElementById("call-mine").before(form);
  const door = window.signInAgain(form);
  const live = window.live(part.dataset.liveUrl, { own: true, swapped: tell, ...(form && { signedOut }) });
  const stood = new Map(), WHAT = `presses ${part.dataset.liveUrl}`;
  let sending = false, held = 0;
  stand();
  putBack();

  document.addEventListener("submit", (event) => {
    if (!event.target.closest("[data-live]")) return;
    const pressed = event.target, button = event.submitter;
    if (button && slipped(button)) {
      event.preventDefault();
      button.dataset.mark = say.moved;
      return;
    }
    const url = pressed.getAttribute("action");  // .action is its button of that name
    if (!url.endsWith("/mine") || !button || !AbortSignal.timeout) return;  // an old browser just posts
    event.preventDefault();
    const body = new URLSearchParams(new FormData(pressed, button));
    const what = `${body.get("action")} ${body.get("minutes") || ""}`;
    if (presses.some((press) => press.what === what && press.state === "waits")) {
      if (held) door.back({ lead: true });
      return;
    }
    body.set("key", [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
    const press = {
      url, body, what, state: "waits", tried: false, since: Date.now(),
      label: button.getAttribute("aria-label") || button.firstChild.textContent.trim(), button: button.dataset.focus,
      typed: pressed.querySelector("input:not([type=hidden])")?.value,
    };
    presses.push(press);
    pressed.reset();
    tell();
    if (isHelp(press)) send(press);  // waits for nothing before it
    else next();
  });

  function seal() {
    const waiting = presses.filter((press) => press.state === "waits").map(({ url, body, what, since, label, button, typed }) =>
      ({ url, body: String(body), what, since, label, button, typed }));
    window.sealed.set(WHAT, waiting.length ? { waiting } : undefined);
  }

  // What had not arrived when the page went; each has its key, and acts once.
  async function putBack() {
    await window.sealed.ready;
    const before = window.sealed.get(WHAT)?.waiting || [], token = document.querySelector("meta[name=csrf-token]").content;
    for (const one of before) {
      const press = { ...one, body: new URLSearchParams(one.body), state: "waits", tried: true };
      press.body.set("csrf_token", token);
      presses.push(press);
      if (!isHelp(press) && Date.now() - press.since > OLD_MS) end(press, "lost", say.too_old, say.not_done);
    }
    if (!before.length) return;
    tell();
    presses.filter((press) => isHelp(press) && press.state === "waits" && !press.busy).forEach(send);
    next();
  }

  // One after another, as they were pressed.
  async function next() {
    if (sending) return;
    sending = true;
    for (let press; (press = presses.find((one) => one.state === "waits" && !one.busy));) await send(press);
    sending = false;
  }

  async function send(press) {
    press.busy = true;
    while (press.state === "waits") {
      try {
        const answer = await fetch(press.url, {
          method: "POST", body: press.body, headers: { "X-Queued": "1", Accept: "application/json" },
          cache: "no-store", redirect: "error", signal: AbortSignal.timeout(SEND_MS),
        });
        if (answer.status < 500 && answer.status !== 429) await settle(press, answer);
      } catch {
        // No network, or nobody answers: the same press again, which acts once.
      }
      if (press.state !== "waits") break;
      press.tried = true;
      tell();
      if (press.state === "waits" && !press.now) await pause();
      press.now = false;
    }
  }

  async function settle(press, answer) {
    if (answer.ok) {
      const told = await answer.json();
      forgetRefused();
      end(press, "sent", `${say.sent} ${told.at}. ${told.said}`, `${say.sent} ${told.at}`);
    } else if (answer.status === 409 || answer.status === 422) {
      end(press, "refused", (await answer.json()).said, say.not_done);
      const field = fieldOf(press);
      if (answer.status === 422 && press.typed && field && !field.value) field.value = press.typed;  // to be mended
    } else {
      await hold(press, answer.status);
    }
    tell();
    live.look();
  }

  // The sign-in has ended, or a newer one wants another token: what was pressed waits, and is sent then.
  async function hold(press, status) {
    held += 1;
    tell();
    const anew = status === 401 || (status === 400 && !press.anew);
    if (isHelp(press)) press.line.scrollIntoView({ block: "center" });  // it says what to do instead
    const token = anew && await door.back({ lead: status === 401 && !isHelp(press) });
    held -= 1;
    if (!token) return end(press, "lost", say.ended, say.not_done);
    press.anew = status === 400;
    press.body.set("csrf_token", token);
    press.now = true;
  }

  function signedOut() {
    door.back();
    return say.signed_out;
  }

  function end(press, state, words, mark) {
    Object.assign(press, { state, words, mark, over: Date.now() });
    setTimeout(tell, READ_MS);
  }

  function buttonOf(press) {
    return press.button && document.querySelector(`[data-focus="${CSS.escape(press.button)}"]`);
  }

  function fieldOf(press) {
    return buttonOf(press)?.form?.querySelector("input:not([type=hidden])");
  }

  // What was not done stands until the next press is done: its line, its mark, and what was typed for it.
  function forgetRefused() {
    for (const press of presses.filter((one) => one.state === "refused")) {
      presses.splice(presses.indexOf(press), 1);
      const button = buttonOf(press), field = fieldOf(press);
      if (button) delete button.dataset.mark;
      if (field && field.value === press.typed) field.value = field.defaultValue;
    }
  }

  function pause() {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, AGAIN_MS);
      addEventListener("online", () => { clearTimeout(timer); resolve(); }, { once: true });
    });
  }

  function isHelp(press) {
    return press.body.get("action") === "help";
  }

  function words(press) {
    if (press.words) return press.words;
    if (held && form) return isHelp(press) ? say.help_held : say.held;
    if (!press.tried) return say.sending;
    if (isHelp(press)) return say.help_waits;
    return Date.now() - press.since > LONG_MS ? say.waits_long : say.waits;
  }

  // Whatever waits stands there, help first, then the latest; of what is over the last two. A line is written only where
  // it says something new: it is read aloud.
  function tell() {
    seal();
    const shown = presses.filter((press, place) => press.state === "waits" || place >= presses.length - SHOWN).reverse();
    shown.sort((one, other) => isHelp(other) - isHelp(one));
    shown.forEach((press, place) => {
      press.line ||= document.createElement("li");
      press.line.className = press.state;
      const told = `${press.label}: ${words(press)}`;
      if (press.line.textContent !== told) press.line.textContent = told;
      if (list.children[place] !== press.line) list.insertBefore(press.line, list.children[place] || null);
    });
    while (list.children.length > shown.length) list.lastChild.remove();
    const read = (press) => press.state === "sent" && Date.now() - press.over >= READ_MS;
    news.classList.toggle("read", shown.every(read));
    for (const press of presses) {
      const button = buttonOf(press);
      if (button) button.dataset.mark = press.mark || (press.tried || held ? say.not_sent : say.sending);
    }
    stand();
  }

  // Where each button stands, and since when: the page changes under a finger that is on its way.
  function stand() {
    const before = new Map(stood);
    stood.clear();
    for (const button of document.querySelectorAll("[data-live] button")) {
      const box = button.getBoundingClientRect(), key = button.dataset.focus;
      const at = { x: box.left, y: box.top + scrolls.scrollTop, since: before.size ? performance.now() : -MOVED_MS };
      const was = before.get(key);
      const stays = was && Math.abs(was.x - at.x) < FEW_PX && Math.abs(was.y - at.y) < FEW_PX;
      stood.set(key, stays ? was : at);
    }
  }

  // A key presses what has the focus, wherever that has moved to.
  let byKey = false;
  for (const kind of ["keydown", "keypress", "keyup"]) {
    document.addEventListener(kind, () => { byKey = true; setTimeout(() => { byKey = false; }); });
  }

  // A button that a press has just brought here, or moved, is not what the next one was meant for. A cry for help always counts.
  function slipped(button) {
    if (byKey) return false;
    const at = stood.get(button.dataset.focus);
    const just = presses.some((press) => press.state === "waits" || Date.now() - press.over < JUST_MS);
    return just && button.value !== "help" && at && performance.now() - at.since < MOVED_MS;
  }

  addEventListener("beforeunload", (event) => {
    if (presses.some((press) => press.state === "waits") && !window.sealed.comesBack()) event.preventDefault();
  });
})();
