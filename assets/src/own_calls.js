// A clinician's own calls stay fresh: what asks for them stands there without a reload.

window.live("/my-calls/live", { own: true });
