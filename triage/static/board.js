// The board: kept fresh, and gone through with j and k.

(function () {
  window.live("/board/rows", { events: "/board/events" });
  const keys = document.getElementById("keys");
  document.querySelector("[data-keys-help]").hidden = false;
  document.querySelector("[data-keys-help]").addEventListener("click", () => keys.showModal());

  function step(by) {
    const rows = [...document.querySelectorAll("[data-row]")];
    const at = rows.indexOf(document.activeElement);
    const row = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + by, 0), rows.length - 1)];
    row?.focus();
    row?.scrollIntoView({ block: "nearest" });
  }
  const acts = {
    j: () => step(1), ArrowDown: () => step(1), k: () => step(-1), ArrowUp: () => step(-1),
    n: () => { location.href = "/intake"; }, "?": () => keys.open || keys.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || keys.open) return;
    if (event.target.matches("input, select, textarea") || !acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  });
})();
