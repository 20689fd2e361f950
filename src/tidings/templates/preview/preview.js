"use strict";
// Takes in what changed, part by part, so that whatever is being read stays where it is.
(() => {
  let version = document.body.dataset.version, asking = 0;

  const swap = async (part, turn) => {
    const address = new URL(location.href);
    address.searchParams.set("part", part);
    const answer = await fetch(address);
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (turn !== asking) return;
    if (part === "desk") document.title = page.title;
    for (const fresh of page.querySelectorAll("[data-part]")) {
      const shown = document.querySelector(`[data-part="${fresh.dataset.part}"]`);
      if (!shown || shown.outerHTML === fresh.outerHTML) continue;
      const focused = shown.contains(document.activeElement) && document.activeElement.id;
      shown.replaceWith(document.adoptNode(fresh));
      if (focused) document.getElementById(focused)?.focus();
    }
  };

  const follow = async (latest) => {
    if (latest === version) return;
    version = latest;
    const turn = ++asking;
    // Topics first: making a mail takes longer.
    await swap("desk", turn);
    await swap("mail", turn);
  };

  const events = new EventSource(`/events?after=${version}`);
  events.onmessage = (event) => follow(event.data);
  events.onerror = () => {
    const pulse = document.getElementById("pulse");
    if (pulse) pulse.textContent = "Not connected: is tidings preview still running?";
    version = "";
  };

  document.addEventListener("change", (event) => {
    if (event.target.matches(".who select")) event.target.form.requestSubmit();
  });
  document.documentElement.classList.add("live");
})();
