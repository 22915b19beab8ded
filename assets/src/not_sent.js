// Where a link has ended: what was pressed on its page and has not arrived, told once.

(async () => {
  const box = document.getElementById("was-not-sent"), what = `presses ${location.pathname}/live`;
  await window.sealed.ready;
  for (const press of window.sealed.get(what)?.waiting || []) {
    const line = box.content.cloneNode(true);
    line.querySelector("span").textContent = press.label;
    box.before(line);
  }
  window.sealed.set(what);
})();
