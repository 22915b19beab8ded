// The call's page: kept fresh, and its questions go on, one key per answer.

(function () {
  const data = () => JSON.parse(document.getElementById("call-data").dataset.call);
  const form = document.getElementById("answers");
  const kept = document.getElementById("kept");
  const root = form?.querySelector("[data-questions]");
  const WAIT_MS = 400, TYPING_MS = 1500, AGAIN_MS = 3000;
  const AT_ONCE = said("Not kept yet, trying again.");
  let timer = 0, sending = false;

  // A refused form stays under its own address: the call's is /calls/REFERENCE.
  const page = window.live(`${location.pathname.split("/").slice(0, 3).join("/")}/live`, {
    own: true, swapped: step, signedOut: () => said("you are signed out: sign in in another tab"),
  });
  const panel = root && window.questions(root, { changed, done: () => document.getElementById("send-missing")?.focus() });

  if (!CSS.supports("selector(::details-content)")) for (const box of document.querySelectorAll(".fold")) box.open = true; // an older browser

  // The fragment also says which answers stand now and what matters next.
  function step(fresh) {
    copyable();
    if (fresh) document.getElementById("call-data").dataset.call = fresh.content.querySelector("#call-data")?.dataset.call || document.getElementById("call-data").dataset.call;
    if (!panel) return;
    const now = data();
    if (!root.querySelector("[data-touched], [data-sent]")) form.elements.seen.value = now.seen;
    panel.show(now.answers);
    panel.arrange(now, !root.querySelector("[data-touched]"));
  }

  // What is not kept yet comes back after a reload or a new sign-in (sealed.js), and is sent then.
  const WHAT = `answers ${form?.getAttribute("action")}`;
  const notKept = () => [...root?.querySelectorAll("[data-touched], [data-sent]") || []];
  function hold() {
    const given = notKept().map((question) => [question.dataset.fact, givenIn(question)]);
    window.sealed.set(WHAT, given.length ? { seen: form.elements.seen.value, given } : undefined);
  }
  function givenIn(question) {
    return [...question.querySelectorAll("input, select")]
      .filter((input) => "radio checkbox".includes(input.type) ? input.checked : input.name && input.value.trim())
      .flatMap((input) => [...(input.selectedOptions || [input])].map((one) => [input.name, one.value]));
  }
  async function putBack() {
    await window.sealed.ready;
    const was = panel && window.sealed.get(WHAT);
    if (!was) return;
    for (const [fact, given] of was.given) {
      const question = root.querySelector(`[data-fact="${CSS.escape(fact)}"]`);
      if (!question) continue;
      for (const [name] of given) {
        if (name.startsWith("also.")) panel.hear(name, given.filter(([other]) => other === name).map(([, value]) => value));
      }
      window.sealed.fill(question, given);
      question.dataset.touched = "yes";
    }
    form.elements.seen.value = was.seen; // as the page that held it did: the service tells who answered meanwhile
    hold();
    send();
  }

  function changed(question) {
    question.dataset.touched = "yes";
    hold();
    clearTimeout(timer);
    const typing = question.contains(document.activeElement) && question.querySelector("input:not([type=radio], [type=checkbox])");
    timer = setTimeout(send, typing ? TYPING_MS : WAIT_MS);
  }

  // Sends what was answered here, and only that.
  async function send() {
    if (sending) return;
    const touched = [...root.querySelectorAll("[data-touched]")];
    if (!touched.length) return;
    sending = true;
    const sent = new FormData();
    for (const name of ["csrf_token", "seen"]) sent.set(name, form.elements[name].value);
    for (const question of touched) {
      delete question.dataset.touched;
      question.dataset.sent = "yes";
      for (const [name, value] of givenIn(question)) sent.append(name, value);
    }
    const arrived = () => touched.forEach((question) => delete question.dataset.sent);
    let problem = "", held = false;
    const silent = said("NOT KEPT: the service does not answer. It is tried again.");
    try {
      const answer = await fetch(form.action, {
        method: "POST", body: sent, headers: { "X-Live": "1", Accept: "text/html" }, signal: AbortSignal.timeout(8000),
      });
      const html = await answer.text();
      if (answer.ok) {
        arrived();
        page.swap(html);
      } else if ([400, 401, 403].includes(answer.status) && (held = await mayGoOn())) problem = held;
      else if (answer.status === 409) problem = said("NOT KEPT: %(why)s", { why: told(html) });
      else if (answer.status >= 500) problem = silent;
      else if (answer.status === 422) problem = said("NOT KEPT: the answer cannot be read. Type a number, or u for not known.");
      else problem = said("NOT KEPT: reload the page and answer again.");
    } catch {
      problem = silent;
    }
    held ||= problem === silent;
    renewed &&= Boolean(held);
    if (held) for (const question of touched) question.dataset.touched = "yes";
    arrived();
    hold();
    sending = false;
    if (problem && !held) page.look();
    kept.className = problem ? "badge tone-alarm" : "muted";
    kept.textContent = problem || said("Kept");
    if (held) timer = setTimeout(send, held === AT_ONCE ? 0 : AGAIN_MS);
    else if (root.querySelector("[data-touched]")) timer = setTimeout(send, 0);
  }

  // The sign-in has ended or was renewed elsewhere: why the answer waits here, to be sent again; ""
  // where a fresh token has not helped.
  let renewed = false;
  async function mayGoOn() {
    const why = await window.renewToken();
    if (why === "signed out") return said("NOT KEPT: you are signed out. Sign in in another tab; the answer waits here and is then kept.");
    if (why === "somebody else") return said("NOT KEPT: %(why)s", { why: said("somebody else is signed in in this browser. Sign in yourself in another tab, then go on here.") });
    if (why === "no answer") return said("NOT KEPT: the service does not answer. It is tried again.");
    if (renewed) return "";
    renewed = true;
    return AT_ONCE;
  }

  // What is handed on, such as the line for the CAD: copied with its button, or marked where the browser lets nobody copy.
  function copyable() {
    for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
  }
  document.addEventListener("click", async (event) => {
    if (!event.target.matches("[data-copy]")) return;
    const line = document.getElementById(event.target.dataset.copy || "f-copy"), copied = event.target.parentElement.querySelector("[data-copied]");
    line.select();
    copied.textContent = await navigator.clipboard.writeText(line.value).then(() => said("Copied"), () => said("Press Ctrl+C"));
  });
  // What the refused page says is wrong.
  function told(html) {
    const refused = new DOMParser().parseFromString(html, "text/html");
    return refused.querySelector(".summary")?.textContent.trim() || said("reload the page and answer again.");
  }

  // Who has this page open, and types in it, is told to the others.
  const HERE_MS = 10000, TYPES_MS = 4000;
  let typed = 0;
  function here(types, left = false) {
    const sent = new FormData();
    sent.set("csrf_token", document.querySelector("meta[name=csrf-token]").content);
    if (types) sent.set("types", "1");
    if (left) sent.set("left", "1");
    const address = `${location.pathname.split("/").slice(0, 3).join("/")}/here`;
    if (left) navigator.sendBeacon(address, sent);
    else fetch(address, { method: "POST", body: sent, signal: AbortSignal.timeout(4000) }).catch(() => {});
  }
  for (const kind of ["input", "change"]) {
    document.addEventListener(kind, () => {
      if (Date.now() - typed < TYPES_MS) return;
      typed = Date.now();
      here(true);
    });
  }
  setInterval(() => document.hidden || here(false), HERE_MS);
  addEventListener("pagehide", () => here(false, true));
  here(false);

  document.querySelector(".without-keys")?.setAttribute("hidden", "");
  async function toBoard() {
    while (notKept().length) {
      clearTimeout(timer);
      await (sending ? new Promise((done) => setTimeout(done, 20)) : send());
      if (kept.classList.contains("tone-alarm")) {
        kept.textContent = said("You are still on this page. %(why)s", { why: kept.textContent });
        return;
      }
    }
    location.href = "/board";
  }
  addEventListener("beforeunload", (event) => {
    if (notKept().length && kept.classList.contains("tone-alarm") && !window.sealed.comesBack()) event.preventDefault();
  });

  const places = {
    KeyQ: () => panel?.first(),
    KeyO: () => unfold("otherwise"),
    KeyX: () => unfold("closing"),
    KeyL: () => {
      const ring = document.querySelector("[data-ring], [data-find-number] ~ form [name=phone]");
      if (ring) ring.focus();
      else document.querySelector("#line-lost button")?.click();
    },
    KeyG: () => document.querySelector("[data-told]")?.focus(),
    KeyF: () => document.querySelector("[data-quiet]")?.click(),
    KeyM: () => unfold("never-mind"),
    KeyT: () => document.querySelector("[data-transfer]")?.focus(),
    KeyE: () => {
      const before = document.getElementById("timeline-before");
      if (!before) return document.getElementById("call-timeline").scrollIntoView();
      document.getElementById("timeline-newest").open = before.open = true;
      before.querySelector("summary").focus();
    },
    KeyW: () => document.querySelector("[data-late]")?.focus(),
    KeyH: () => document.querySelector("[data-have]")?.click(),
    KeyB: toBoard,
  };
  function unfold(id) {
    const box = document.getElementById(id);
    if (!box) return;
    box.open = true;
    box.querySelector("select").focus();
  }
  document.addEventListener("click", (event) => {
    const way = event.target.closest("[data-unfold]");
    if (!way) return;
    event.preventDefault();
    unfold(way.dataset.unfold);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const missing = document.getElementById("send-missing");
      const other = event.target.matches("input:not([type=radio], [type=checkbox]), select, textarea") && event.target.form;
      if (event.repeat) return;
      event.preventDefault();
      if (other && other !== form) other.requestSubmit(); // what is being typed, not the recommendation
      else missing?.form.requestSubmit(missing);
    } else if (event.altKey && !event.ctrlKey && !event.metaKey && places[event.code]) {
      event.preventDefault();
      places[event.code]();
    }
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("textarea, select, input:not([type=radio], [type=checkbox])");
    if (event.key !== "z" || typing || event.altKey || event.metaKey || event.defaultPrevented || event.repeat) return;
    if (!form || sending || root.querySelector("[data-touched]")) return; // what is on its way comes first
    event.preventDefault();
    document.getElementById("undo").requestSubmit();
  });
  form?.addEventListener("submit", () => clearTimeout(timer));
  step();
  putBack();
  window.unkept.offer("", () => {});
})();
