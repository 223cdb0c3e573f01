/* Blocking, before the first paint: which of the two looks, and what this browser has put away for good. */
(() => {
  const page = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  function apply() {
    const chosen = page.dataset.theme;
    page.dataset.bsTheme = chosen === "light" || chosen === "dark" ? chosen : dark.matches ? "dark" : "light";
  }

  if (document.cookie.split("; ").includes("wardenloop_presenter=on")) page.dataset.presenter = "on";
  page.classList.add("js");
  apply();
  dark.addEventListener("change", apply);
  new MutationObserver(apply).observe(page, { attributeFilter: ["data-theme"] });
  try {
    if (localStorage.getItem("wardenloop.sim-banner") === "off") page.dataset.simBanner = "off";
  } catch {
    // no storage: the banner stays
  }
})();
