// The page of somebody who was paged: kept fresh.

window.live(`${location.pathname}/live`);
