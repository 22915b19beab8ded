// Parts of a page that stay fresh: pushed by the service where `events` names its stream, asked for
// every second where it does not, while the stream is broken, and until it has spoken: a proxy may
// hold it back, and is tried ever less often then. Swapped where they changed, and loudly called
// stale when no news come. What a person is typing in is never replaced. A page that says "you" is
// `own`: it is told no news while somebody else is signed in in this browser.

window.live = function (url, { events = "", own = false, swapped = () => {}, signedOut = () => said("you are signed out: reload the page") } = {}) {
  const EVERY_MS = 1000, STALE_S = 5, SILENT_S = 12, AGAIN_MS = [2000, 8000], RARELY_MS = 300_000, TRIES = 3, READ_MS = 8000;
  const account = own && document.querySelector("meta[name=account]")?.content;
  const line = document.querySelector("[data-as-of]");
  const words = line.querySelector("[data-words]"), old = line.querySelector("[data-age]");
  let etag = "", ahead = 0, asOf = null, local = "", why = "", timer = 0, running = false;
  let stream = null, speaks = false, silent = 0, html = "", last = "", heard = 0, again = 0, told = 0;

  const now = () => Date.now() + ahead;

  async function look() {
    if (running) return;
    running = true;
    clearTimeout(timer);
    const before = told;
    try {
      const answer = await fetch(url, {
        headers: { Accept: "text/html", ...(etag && { "If-None-Match": etag }), ...(account && { "X-Account": account }) },
        cache: "no-store", signal: AbortSignal.timeout(4000),
      });
      if (answer.status === 401) throw new Error(signedOut());
      if (answer.status === 409) throw new Error(said("somebody else is signed in in this browser"));
      if (!answer.ok && answer.status !== 304) throw new Error(said("the service does not answer"));
      if (answer.status === 200 && before === told) { // else it may be older than what is shown
        etag = answer.headers.get("ETag") || "";
        html = await answer.text();
        swap(html);
      }
      const at = Number(answer.headers.get("X-As-Of"));
      date({ at, now: at, local: answer.headers.get("X-As-Of-Local") });
      if (Date.now() >= again) listen();
    } catch (problem) {
      why = problem.name === "Error" ? problem.message : said("the service does not answer");
    }
    running = false;
    if (!speaks) timer = setTimeout(look, EVERY_MS);
    tell();
  }

  function date(told) {
    ahead = told.now * 1000 - Date.now();
    asOf = told.at * 1000;
    local = told.local;
    why = "";
  }

  // A tab in the background has no stream: a browser opens only a few at once.
  function listen() {
    if (stream || !events || !window.EventSource || document.hidden) return;
    const address = new URL(events, location.href);
    address.searchParams.set("since", etag.replace(/^W\/|"/g, ""));
    heard = Date.now();
    stream = new EventSource(address);
    stream.onerror = deafen;
    stream.addEventListener("over", deafen);
    for (const kind of ["whole", "step", "same"]) {
      stream.addEventListener(kind, (event) => hear(kind, JSON.parse(event.data)));
    }
  }

  function hear(kind, news) {
    heard = Date.now();
    speaks = true;
    clearTimeout(timer);
    told += 1; // what was asked for meanwhile may be older
    if (kind === "step" && news.from !== etag.replace(/^W\/|"/g, "")) return deafen();
    if (kind === "step") html = html.slice(0, news.begin) + news.html + html.slice(html.length - news.end);
    if (kind === "whole") html = news.html;
    etag = `"${news.version}"`;
    date(news);
    if (kind === "same") tell();
    else swap(html);
  }

  // Not all pages come back at the same instant. Each stream holds a thread of the service, so after
  // a few that never spoke the waits double.
  function deafen() {
    silent = speaks ? 0 : silent + 1;
    stream?.close();
    stream = null;
    speaks = false;
    const wait = AGAIN_MS[0] + Math.random() * (AGAIN_MS[1] - AGAIN_MS[0]);
    again = Date.now() + Math.min(wait * 2 ** Math.max(0, silent - TRIES), RARELY_MS);
    look();
  }

  function swap(html) {
    last = html;
    swapped(put(html));
    tick();
  }

  function put(html) {
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    const token = document.querySelector("meta[name=csrf-token]").content;
    for (const input of fresh.content.querySelectorAll("input[name=csrf_token]")) input.value = token;
    const focused = document.activeElement?.dataset?.focus;
    for (const part of [...fresh.content.children]) renew(part);
    if (focused && document.activeElement === document.body) {
      (document.querySelector(`[data-focus="${CSS.escape(focused)}"]`) || instead(focused))?.focus({ preventScroll: true });
    }
    return fresh;
  }

  // Somebody else took or ended the alarm whose button had it: its line, or the next alarm's; never a button.
  function instead(focused) {
    const [, id] = focused.match(/^(?:take|over|safe|alarm-call|alarm-line)-(.+)$/) || [];
    if (!id) return null;
    const places = [`#alarm-line-${CSS.escape(id)}`, "#call-heading", "[id^='alarm-line-']", "#main"];
    return places.map((one) => document.querySelector(one)).find(Boolean);
  }

  // A list is renewed child by child, so that one form in use does not hold up the others.
  function renew(part) {
    const old = part.id && document.getElementById(part.id);
    if (!old) return;
    if (part.dataset.live !== "list") {
      const html = part.outerHTML;
      if (old.fetched === html && !old.querySelector("[data-held]")) return;
      if (inUse(old)) return held(old, html, part);
      const open = [...old.querySelectorAll("details[open]")].map((one) => one.id);
      const scrolled = [...old.querySelectorAll("[tabindex]")].map((box) => box.scrollTop);
      old.replaceWith(part);
      part.fetched = html;
      for (const id of open) if (id) document.getElementById(id)?.setAttribute("open", "");
      part.querySelectorAll("[tabindex]").forEach((box, place) => { box.scrollTop = scrolled[place] || 0; });
      return;
    }
    const wanted = [...part.children];
    for (const child of [...old.children]) {
      if (!wanted.some((one) => one.id === child.id) && !inUse(child)) child.remove();
    }
    wanted.forEach((child, place) => {
      const known = document.getElementById(child.id);
      if (known && old.contains(known)) renew(child);
      else old.insertBefore(child, old.children[place] || null);
    });
    wanted.forEach((child, place) => {
      const here = document.getElementById(child.id);
      if (old.children[place] !== here && !here.contains(document.activeElement)) old.insertBefore(here, old.children[place]);
    });
  }

  const still = (text) => text.replace(/(<time[^>]*>)[^<]*/g, "$1");
  // What is typed in is not replaced; that it is no longer true is told. What says how it stands
  // has no field, and follows.
  function held(old, html, part) {
    for (const fresh of part.querySelectorAll("[data-now]")) {
      const was = document.getElementById(fresh.id);
      if (was && old.contains(was) && still(was.outerHTML) !== still(fresh.outerHTML)) was.replaceWith(fresh);
    }
    old.stood ||= still(old.fetched || html);
    if (old.stood === still(html) || old.querySelector("[data-held]") || !old.matches("section, div")) return;
    const line = document.createElement("p");
    line.className = "badge tone-warn";
    line.dataset.held = "";
    line.setAttribute("role", "status");
    line.textContent = said("Something changed here. Send or clear what you typed, and it is shown.");
    old.prepend(line);
  }

  // Something was typed or chosen here and not taken yet, or the cursor stands in a field.
  function inUse(part) {
    const active = document.activeElement;
    if (part.contains(active) && active.matches("input:not([type=hidden]), select, textarea")) return true;
    const isToBeMended = part.querySelector(".error"); // what stands there by default was typed, and sent in vain
    return [...part.querySelectorAll("input:not([type=hidden]), select, textarea")].some((field) =>
      field.tagName === "SELECT"
        ? field.selectedIndex > 0 && (isToBeMended || [...field.options].some((option) => option.selected !== option.defaultSelected))
        : field.value !== field.defaultValue || field.checked !== field.defaultChecked
          || (isToBeMended && !/^(radio|checkbox)$/.test(field.type) && field.value !== ""));
  }

  const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  function span(seconds) {
    if (seconds < 60) return `${seconds} s`;
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
    if (seconds < 172800) return `${Math.floor(seconds / 3600)} h ${String(Math.floor(seconds / 60) % 60).padStart(2, "0")} min`;
    return said("%(count)s days", { count: Math.floor(seconds / 86400) });
  }

  // What was done is told in green, long enough to be read; once something has turned red since, it
  // is not the newest any more.
  const alarms = () => document.querySelectorAll(".tone-alarm:not([hidden], [hidden] *)").length;
  let red = alarms();
  function outdate() {
    const before = red;
    red = alarms();
    if (red <= before) return;
    setTimeout(() => {
      for (const done of document.querySelectorAll("#banners .tone-good")) done.remove();
    }, Math.max(0, READ_MS - performance.now()));
  }

  function tick() {
    if (stream && Date.now() - heard > SILENT_S * 1000) deafen();
    outdate();
    if (asOf === null) return;
    for (const time of document.querySelectorAll("time[data-until]")) {
      const left = Math.ceil((new Date(time.dateTime) - now()) / 1000);
      write(time, left >= 0 ? said("%(time)s left", { time: clock(left) }) : said("overdue for %(time)s", { time: clock(-left) }));
    }
    for (const time of document.querySelectorAll("time[data-since]")) {
      write(time, span(Math.max(0, Math.floor((now() - new Date(time.dateTime)) / 1000))));
    }
    tell();
  }
  function write(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  function tell() {
    if (asOf === null && !why) return;
    const age = asOf === null ? Infinity : Math.max(0, Math.floor((now() - asOf) / 1000));
    const stale = age >= (speaks ? SILENT_S : STALE_S);
    if (stale !== line.classList.contains("stale")) {
      line.classList.toggle("stale", stale);
      document.body.classList.toggle("data-stale", stale);
      if (stale) line.setAttribute("role", "alert");
      else line.removeAttribute("role");
    }
    if (!stale) write(words, said("Data as of %(clock)s", { clock: local }));
    else write(words, said("STALE: no news since %(since)s, %(why)s. Go on by telephone and radio.", { since: local || said("the page was opened"), why: why || said("the service does not answer") }));
    write(old, age === Infinity ? "" : said(" (%(age)s old)", { age: span(age) }));
  }

  setInterval(tick, 1000);
  // Nothing new need come before what was held up is shown.
  setInterval(() => { if (last && document.querySelector("[data-held]")) put(last); }, 1000);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && stream) deafen();
    else if (!document.hidden) look();
  });
  addEventListener("pagehide", () => stream?.close());
  look();
  // What an answer to this page's own question brought: newer than whatever is on its way.
  function shown(html) {
    told += 1;
    swap(html);
  }
  return { look, swap: shown };
};
