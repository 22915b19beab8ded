// A sound when something becomes alarming, on whatever page of the desk; "Sound" in the head turns
// it off. Some browsers allow none on a page until a key was pressed.

const sounds = document.querySelector("[data-sound-form]");
if (sounds) {
  const button = sounds.querySelector("button");
  const AGAIN_MS = 10_000; // an alarm that nobody has taken is heard again
  const TONES = [[880, 0], [660, 0.18], [880, 0.36]]; // Hz, begins after so many seconds
  const LENGTH_S = 0.16, LOUD = 0.2;
  const WAIT_MS = 1000; // a sound that is allowed begins within that time
  const words = JSON.parse(sounds.dataset.words);
  let context = null, known = alarming(), again = 0;

  const on = () => button.value === "off"; // what the button would change it to

  function alarming() {
    const parts = document.querySelectorAll("#call-alarms .tone-alarm, #standing-lines .tone-alarm, #board-first .tone-alarm, #board-people .tone-alarm, #board-left .tone-alarm, #board-alarms .tone-alarm");
    return new Set([...parts].map((part) => part.id || `${part.querySelector("a")?.hash} ${part.querySelector("p")?.textContent.replace(/\d+/g, "").trim()}`));
  }

  function play() {
    if (!on() || !context || context.state !== "running") return;
    for (const [pitch, after] of TONES) {
      const tone = context.createOscillator(), loud = context.createGain();
      const at = context.currentTime + after;
      tone.frequency.value = pitch;
      loud.gain.setValueAtTime(LOUD, at);
      loud.gain.exponentialRampToValueAtTime(0.001, at + LENGTH_S);
      tone.connect(loud).connect(context.destination);
      tone.start(at);
      tone.stop(at + LENGTH_S);
    }
    again = Date.now() + AGAIN_MS;
  }

  // Whether it is on, and whether anything would be heard.
  function show() {
    const heard = context?.state === "running" ? "on" : "waits";
    [button.textContent, button.title] = words[on() ? heard : "off"];
  }

  function listen() {
    if (!context) {
      context = new AudioContext();
      context.onstatechange = show;
    }
    context.resume();
    setTimeout(show, WAIT_MS);
  }
  if (on()) listen(); // allowed where a key was pressed on the page before
  for (const touched of ["keydown", "pointerdown"]) addEventListener(touched, listen, { once: true });

  new MutationObserver(() => {
    const now = alarming();
    if ([...now].some((one) => !known.has(one))) play();
    known = now;
  }).observe(document.body, { childList: true, subtree: true });
  const NOT_TAKEN = "[data-take], #standing-lines .tone-alarm a[href^='/alarms#']";
  setInterval(() => { if (document.querySelector(NOT_TAKEN) && Date.now() > again) play(); }, 1000);

  sounds.addEventListener("submit", async (event) => {
    event.preventDefault();
    const sent = new FormData(sounds);
    const chosen = button.value;
    sent.set("sound", chosen);
    button.value = chosen === "on" ? "off" : "on";
    if (chosen === "on") { listen(); play(); } // so that one knows what it is like
    show();
    await fetch(sounds.action, { method: "POST", body: sent, redirect: "manual" });
  });
}
