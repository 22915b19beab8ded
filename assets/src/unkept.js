// Forms at intake that this tab left before all of them was kept (sealed.js): one is gone on with; what stood on one that
// became a call meanwhile, or was thrown away, is shown on a page from which it can be added.

window.unkept = (() => {
  const { sealed } = window, PREFIX = "intake ", SEND_MS = 8000;
  const nameOf = (key) => PREFIX + key;
  const keyOf = (name) => name.startsWith(PREFIX) ? name.slice(PREFIX.length) : "";

  // This page is the answer to what one of them sent.
  function answered(page) {
    for (const [name, was] of sealed.all()) if (keyOf(name) && was.page === page) sealed.set(name);
  }

  // here -- the form of this page; goOn: shows one that is a form still.
  async function offer(here, goOn) {
    await sealed.ready;
    for (const [name, was] of sealed.all()) {
      const key = keyOf(name);
      if (!key || key === here) continue;
      const answer = await fetch(`/intake/${key}`, { redirect: "manual", cache: "no-store" }).catch(() => null);
      if (answer?.type === "opaqueredirect") await look(name, key, was.fields);
      else if (answer?.ok) goOn(key);
    }
  }

  // Is it in the call? The service tells.
  async function look(name, key, fields) {
    const sent = new FormData();
    for (const [field, value] of [...fields, ["csrf_token", document.querySelector("meta[name=csrf-token]").content]]) sent.append(field, value);
    const told = await fetch("/intake/assess", {
      method: "POST", body: sent, headers: { Accept: "application/json" }, signal: AbortSignal.timeout(SEND_MS),
    }).then((answer) => answer.ok && answer.json()).catch(() => null);
    if (!told) return;
    if (told.not_kept) show(told.became, fields);
    else sealed.set(name);
  }

  function show(code, fields) {
    const box = document.getElementById("unkept"), one = box.content.cloneNode(true), form = one.querySelector("form");
    form.querySelector("strong").textContent = code
      ? said("Typed in this tab and NOT in call %(code)s, which its form became in another tab.", { code })
      : said("Typed in this tab and NOT KEPT: its form was thrown away in another tab.");
    for (const [name, value] of fields) form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    box.before(one);
  }

  return { nameOf, answered, offer };
})();
