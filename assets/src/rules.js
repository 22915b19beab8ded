// The draft's text: line numbers, Tab, jumping to a finding. Without this file it is a plain text box.
const box = document.getElementById("f-yaml");
const numbers = document.createElement("pre");
numbers.className = "numbers code";
numbers.setAttribute("aria-hidden", "true");
box.before(numbers);
document.querySelectorAll(".with-script").forEach((hint) => { hint.hidden = false; });

let counted = 0;
function count() {
  const lines = box.value.split("\n").length;
  if (lines === counted) return;
  counted = lines;
  numbers.textContent = Array.from({ length: lines }, (_, line) => line + 1).join("\n");
  follow();
}
// As tall as the text box, whatever the reader drags it to, and scrolled along.
function follow() { numbers.style.height = `${box.offsetHeight}px`; numbers.scrollTop = box.scrollTop; }
box.addEventListener("input", count);
box.addEventListener("scroll", follow);
new ResizeObserver(follow).observe(box);
count();

// Tab indents the lines of the selection, Shift+Tab takes it back; Escape lets the next Tab leave.
let leaving = false;
box.addEventListener("keydown", (event) => {
  if (event.key === "Escape") leaving = true;
  if (event.key !== "Tab") { if (event.key !== "Shift" && event.key !== "Escape") leaving = false; return; }
  if (leaving) { leaving = false; return; }
  event.preventDefault();
  const { selectionStart: start, selectionEnd: end, value } = box;
  if (start === end && !event.shiftKey) return insert("  ");
  const first = value.lastIndexOf("\n", start - 1) + 1;
  const block = value.slice(first, end);
  const moved = event.shiftKey ? block.replace(/^ {1,2}/gm, "") : block.replace(/^(?=.)/gm, "  ");
  box.setSelectionRange(first, end);
  insert(moved);
  if (start !== end) box.setSelectionRange(first, first + moved.length);
});
function insert(text) {
  // execCommand is the one way that keeps the browser's undo.
  if (!document.execCommand(text ? "insertText" : "delete", false, text)) box.setRangeText(text);
}

document.querySelectorAll("a[data-line]").forEach((link) => link.addEventListener("click", (event) => {
  event.preventDefault();
  const { line, column } = link.dataset;
  const lines = box.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, it) => sum + it.length + 1, 0);
  const at = start + Math.min(column - 1, (lines[line - 1] || "").length);
  box.focus({ preventScroll: true });
  box.setSelectionRange(at, Math.max(at, start + (lines[line - 1] || "").length));
  const height = parseFloat(getComputedStyle(box).lineHeight);
  box.scrollTop = Math.max(0, (line - 6) * height);
  box.scrollLeft = 0;
  box.scrollIntoView({ block: "center" });
}));

// What was typed and not saved is not left behind unasked.
const saved = box.defaultValue;
let sending = false;
document.addEventListener("submit", () => { sending = true; });
window.addEventListener("beforeunload", (event) => {
  if (!sending && box.value !== saved) event.preventDefault();
});
