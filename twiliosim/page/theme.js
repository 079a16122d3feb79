// The theme that the user chose, set before the first paint. By default, the
// page follows the system.
"use strict";
(() => {
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch { /* storage is switched off: follow the system */ }
})();
