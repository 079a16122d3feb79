// Applies the theme that the user chose before the first paint. By default, the
// page follows the system.
"use strict";
(() => {
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch { /* storage is disabled: follow the system */ }
})();
