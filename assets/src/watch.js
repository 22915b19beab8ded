// The lines that concern everybody stay fresh on every page. Nothing else on the page is touched.

(function () {
  const EVERY_MS = 4000, SILENT_AFTER_MS = 8000;
  const box = document.getElementById("standing-lines");
  const silent = document.getElementById("standing-silent");
  const out = document.getElementById("standing-signed-out");
  const heading = (line) => line.querySelector("summary").textContent;
  let stands = box.innerHTML.trim();
  // A narrow screen is left to the page: who is in danger stands in a line, and its link leads to the rest.
  const narrow = matchMedia("(max-width: 30rem)");
  const fold = (part) => { for (const line of narrow.matches ? part.querySelectorAll("details:has(+ a[href^='/alarms#'])") : []) line.open = false; };
  fold(box);
  let etag = "", heard = performance.now(), timer = 0, running = false;

  // A page that tells why a call cannot be shown has its address, and none of its alarms; one whose form comes back has the form's.
  const at = () => {
    if (!location.pathname.startsWith("/calls/")) return location.pathname;
    return document.getElementById("call-alarms") ? location.pathname.split("/", 3).join("/") : "";
  };

  async function look() {
    if (running) return;
    running = true;
    clearTimeout(timer);
    try {
      const answer = await fetch(`/banners?at=${encodeURIComponent(at())}`, {
        headers: { Accept: "text/html", ...(etag && { "If-None-Match": etag }) },
        cache: "no-store", signal: AbortSignal.timeout(EVERY_MS),
      });
      if (answer.status >= 500) throw new Error("no answer");
      // Without headers that tell of a program the answer is the page that asks to sign in.
      const signedOut = answer.redirected || [401, 403].includes(answer.status);
      if (answer.status === 200 && !signedOut) {
        etag = answer.headers.get("ETag") || "";
        show(await answer.text());
      }
      heard = performance.now();
      if (!silent.hidden) steadily(() => { silent.hidden = true; });
      if (out.hidden === signedOut) steadily(() => { out.hidden = !signedOut; });
    } catch {
      if (silent.hidden && performance.now() - heard >= SILENT_AFTER_MS) steadily(() => { silent.hidden = false; });
    }
    running = false;
    timer = setTimeout(look, EVERY_MS);
  }

  // The same words stay as they are: a screen reader would say them again.
  function show(html) {
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    const begun = fresh.content.querySelector("template"); // what colleagues take of the same number
    begun?.remove();
    if (begun) dispatchEvent(new CustomEvent("begun", { detail: begun.innerHTML }));
    if (fresh.innerHTML.trim() === stands) return;
    stands = fresh.innerHTML.trim();
    fold(fresh.content);
    for (const line of box.querySelectorAll("details")) { // what somebody unfolded stays so
      const same = [...fresh.content.querySelectorAll("details")].find((one) => heading(one) === heading(line));
      if (same) same.open = line.open;
    }
    const had = box.contains(document.activeElement) && document.activeElement;
    steadily(() => box.replaceChildren(fresh.content));
    if (had) insteadOf(had).focus({ preventScroll: true });
  }

  // The same line again; where its alarm is over the next one's, else the page.
  function insteadOf(had) {
    const followed = had.getAttribute("href");
    const same = followed ? box.querySelector(`a[href="${CSS.escape(followed)}"]`)
      : [...box.querySelectorAll("summary")].find((one) => one.textContent === had.textContent);
    return same || box.querySelector("a[href^='/alarms#']") || document.getElementById("main");
  }

  // What stands under the pointer stays there, else a click would hit something else.
  function steadily(change) {
    const main = document.getElementById("main"), before = main.getBoundingClientRect().top;
    const wasInSight = inSight();
    change();
    const moved = main.getBoundingClientRect().top - before;
    if (moved) for (const scrolls of [window, document.querySelector(".page")]) scrolls.scrollBy({ top: moved });
    measure();
    if (wasInSight) bringFocus();
  }

  // Nobody types into a field that the lines have covered, or pushed off the screen.
  const bringFocus = () => document.activeElement.closest("main *")?.scrollIntoView({ block: "nearest" });
  function inSight() {
    const box = document.activeElement.getBoundingClientRect();
    return box.bottom > document.getElementById("standing").offsetHeight && box.top < innerHeight;
  }

  // What else sticks to the top, and where a focused field scrolls to, begins below the lines.
  function measure() {
    const height = document.getElementById("standing").offsetHeight;
    document.documentElement.style.setProperty("--standing", `${height}px`);
  }

  document.addEventListener("visibilitychange", () => document.hidden || look());
  new ResizeObserver(measure).observe(document.getElementById("standing"));
  measure();
  requestAnimationFrame(bringFocus); // by then the page has given it to the field that begins
  timer = setTimeout(look, EVERY_MS);
})();
