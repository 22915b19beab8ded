// The page of somebody who was paged: kept fresh.

window.live(`${location.pathname.split("/").slice(0, 3).join("/")}/live`);
