"use strict";
// Takes in what changed, node by node, so that whatever is being read, open or in focus stays so.
(() => {
  let version = document.body.dataset.version, asking = 0;

  const isAnother = (old, fresh) => old.nodeName !== fresh.nodeName || old.id !== fresh.id
    // A frame that is sent elsewhere would be one more page to go back from.
    || (old.nodeName === "IFRAME" && old.getAttribute("src") !== fresh.getAttribute("src"));

  const adapt = (old, fresh) => {
    if (old.isEqualNode(fresh)) return;
    if (old.nodeType !== Node.ELEMENT_NODE) {
      old.data = fresh.data;
      return;
    }
    for (const { name } of [...old.attributes]) {
      if (!fresh.hasAttribute(name)) old.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    const all = [...fresh.childNodes];
    all.forEach((wanted, at) => {
      const there = old.childNodes[at];
      if (!there) old.append(wanted);
      else if (isAnother(there, wanted)) there.replaceWith(wanted);
      else adapt(there, wanted);
    });
    while (old.childNodes.length > all.length) old.lastChild.remove();
  };

  const take = async (part, turn) => {
    const address = new URL(location.href), main = document.querySelector("main");
    address.searchParams.set("part", part);
    address.searchParams.set("tab", main.dataset.tab);
    const answer = await fetch(address);
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (turn !== asking) return;
    document.title = page.title;
    const focused = document.activeElement.id;
    for (const fresh of page.querySelectorAll("[data-part]")) {
      adapt(document.querySelector(`[data-part="${fresh.dataset.part}"]`), document.adoptNode(fresh));
    }
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  };

  const follow = async (latest) => {
    if (latest === version) return;
    version = latest;
    const turn = ++asking;
    // What is wrong first: making a mail takes longer.
    await take("top", turn);
    await take("all", turn);
    await tryMail(turn);
  };

  // A mail that cannot be made is a problem, also where topics are looked at.
  const tryMail = async (turn) => {
    if (document.querySelector("main").dataset.tab === "topics") await take("last", turn);
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
  document.documentElement.classList.add("follows");
  tryMail(asking);
})();
