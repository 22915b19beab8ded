// The simulated telephones: kept fresh, gone through with the arrow keys.

(function () {
  const texts = () => document.getElementById("sim-texts");
  const down = () => { if (texts()) texts().scrollTop = texts().scrollHeight; };
  window.live(`/simulator/live${location.search}`, { swapped: down });
  down();
  document.addEventListener("keydown", (event) => {
    const by = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (!by || event.target.matches("input, textarea") || event.ctrlKey || event.altKey || event.metaKey) return;
    const rows = [...document.querySelectorAll("[data-row]")];
    const at = rows.indexOf(document.activeElement);
    event.preventDefault();
    rows[Math.min(Math.max(at + by, 0), rows.length - 1)]?.focus();
  });
})();
