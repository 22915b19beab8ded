// The map: kept fresh.

window.live("/board/map/drawn", { events: "/board/map/events" });
