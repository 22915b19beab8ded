// The page of somebody who was paged: kept fresh.

window.live(document.getElementById("on-the-phone").dataset.liveUrl);
