// What a page's programs say, in its language: said(sentence, values). The sentences are
// listed in entrypoints/web/script_words.py; an English page carries none.
(() => {
  const spoken = JSON.parse(document.documentElement.dataset.words || "{}");
  window.said = (sentence, values = {}) =>
    (spoken[sentence] || sentence).replace(/%\((\w+)\)s/g, (_, name) => values[name]);
})();
