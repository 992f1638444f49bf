// Everything works without this file. It adds a print button and moves attention to the list of errors.
document.documentElement.classList.add("has-script");
for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());
const errors = document.getElementById("errors") || document.getElementById("slip");
if (errors) errors.focus();
// A link to a source opens the folded list that holds it.
const openTarget = () => {
  const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  const fold = target && target.closest("details");
  if (fold) { fold.open = true; target.scrollIntoView(); }
};
addEventListener("hashchange", openTarget);
openTarget();
// A press anywhere in a drawn segment chooses it, not only on its number.
for (const shape of document.querySelectorAll("[data-segment]")) {
  shape.addEventListener("click", () => {
    const button = shape.closest(".choose-drawing")?.querySelector(`input[value="${shape.dataset.segment}"]`);
    if (button) { button.checked = true; button.focus(); }
  });
}
// The urgent page is kept on the device, so that it opens without a network.
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/offline-help.js").catch(() => {});
