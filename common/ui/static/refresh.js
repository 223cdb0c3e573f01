/** Keeps the elements of a page with `data-refresh` up to date: the page is asked again and again, what changed is swapped. */

const PAUSE = 4000;

async function refresh() {
  if (document.hidden) return;
  const response = await fetch(location.href);
  if (!response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const old of document.querySelectorAll("[data-refresh]")) {
    const now = fresh.getElementById(old.id);
    if (now && now.innerHTML !== old.innerHTML) old.innerHTML = now.innerHTML;
  }
}

setInterval(() => refresh().catch(() => {}), PAUSE); // a silent server is told by the page itself, the next time it answers
