// The board: kept fresh, and gone through with j and k.

(function () {
  window.live("/board/rows" + location.search, { events: "/board/events" + location.search });
  const keys = document.getElementById("keys");
  document.querySelector("[data-keys-help]").hidden = false;
  document.querySelector("[data-keys-help]").addEventListener("click", () => keys.showModal());

  // What stays in sight leaves a narrow screen to the calls: one line says the loudest, and unfolds.
  const narrow = matchMedia("(max-width: 30rem)"), fold = document.getElementById("board-fold");
  const folds = () => { fold.open = !narrow.matches; };
  narrow.addEventListener("change", folds);
  folds();

  // What is out of sight of the alarms is counted, and shown by a button: nothing is cut without a word.
  const loud = document.getElementById("board-loud"), more = document.getElementById("board-more");
  function hidden() {
    const seen = loud.getBoundingClientRect();
    const boxes = [...loud.querySelectorAll(".banner, .call-row, .board-fold > summary")]
      .filter((one) => one.checkVisibility()).map((one) => one.getBoundingClientRect());
    return { seen, below: boxes.filter((box) => box.bottom > seen.bottom + 1), above: boxes.filter((box) => box.top < seen.top - 1) };
  }
  function counts() {
    const { below, above } = hidden();
    more.hidden = !below.length && !above.length;
    more.textContent = below.length ? said("%(count)s more below", { count: below.length }) : said("%(count)s more above", { count: above.length });
  }
  more.addEventListener("click", () => {
    const { seen, below } = hidden();
    // The first that is cut comes to the top, unless it is higher than the box and stands there already.
    const by = below.length ? below[0].top - seen.top : -loud.scrollTop;
    loud.scrollBy({ top: by > 1 || !below.length ? by : seen.height * 0.8, behavior: "instant" });
  });
  loud.addEventListener("scroll", counts);
  const sizes = new ResizeObserver(() => {
    loud.style.setProperty("--above", `${loud.offsetTop}px`);
    counts();
  });
  for (const box of [loud, loud.firstElementChild, loud.parentElement]) sizes.observe(box);

  function step(by) {
    const rows = [...document.querySelectorAll("[data-row]")];
    const at = rows.indexOf(document.activeElement);
    const row = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + by, 0), rows.length - 1)];
    row?.closest("details")?.setAttribute("open", "");
    row?.focus();
    row?.scrollIntoView({ block: "nearest" });
  }
  // Which calls are shown is chosen with the keyboard; the address keeps it.
  const choice = document.getElementById("board-choice");
  const chosen = () => [...new FormData(choice)].filter(([, value]) => value);
  const show = () => { location.search = new URLSearchParams(chosen()); };
  // By letters or arrows a list passes what is not meant: it acts once it has stood still, or was left.
  const STILL_MS = 600;
  let still = 0;
  choice.addEventListener("change", () => { clearTimeout(still); still = setTimeout(show, STILL_MS); });
  choice.addEventListener("focusout", () => { if (still) show(); });
  const next = (name) => {
    const select = choice.elements[name];
    select.selectedIndex = (select.selectedIndex + 1) % select.options.length;
    show();
  };
  const acts = {
    z: () => choice.elements.zone.focus(), f: () => next("show"), s: () => next("sort"),
    0: () => location.assign("/board"),
    j: () => step(1), ArrowDown: () => step(1), k: () => step(-1), ArrowUp: () => step(-1),
    t: () => {
      const there = document.activeElement.closest(".call-row")?.querySelector("[data-have]");
      if (there) there.click();
      else document.querySelector("[data-have]")?.focus();
    },
    n: () => { location.href = "/intake"; }, "?": () => keys.open || keys.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || keys.open) return;
    if (event.target.matches("input, select, textarea") || !acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  });
})();
