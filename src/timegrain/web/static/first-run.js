// Whoever sits at the server is likely in its organisation's time zone.
const zone = document.getElementById("timeZone");
if (zone && !zone.value) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
