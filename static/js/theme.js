// Light, dark or what the system says. Loaded before the first paint, so that nothing flashes.
(() => {
  const root = document.documentElement;
  const key = "theme";

  const chosen = () => {
    try {
      return localStorage.getItem(key) || "system";
    } catch {
      return "system";
    }
  };

  const apply = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
  };

  const show = () => {
    for (const input of document.querySelectorAll('input[name="theme"]')) {
      input.checked = input.value === chosen();
    }
  };

  apply(chosen());
  document.addEventListener("DOMContentLoaded", show);
  document.addEventListener("htmx:load", show);
  document.addEventListener("change", ({ target }) => {
    if (!target.matches('input[name="theme"]')) return;
    try {
      localStorage.setItem(key, target.value);
    } catch {
      // Private windows may refuse storage: the choice then lasts for this page.
    }
    apply(target.value);
    show();
  });
  addEventListener("storage", (event) => {
    if (event.key !== key) return;
    apply(chosen());
    show();
  });
})();
