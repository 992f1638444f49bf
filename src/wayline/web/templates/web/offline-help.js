{% load static %}// Keeps the urgent page for when there is no network. It touches no other page and keeps nothing that was typed: what is kept is asked for
// without cookies, so it holds the text that is the same for all, and no sign that somebody told.
const NAME = "urgent-{{ version }}";
const KEPT = ["{% url 'help' %}", "{% static 'web/wayline.css' %}?v={{ version }}"];
const keep = paths => caches.open(NAME).then(cache => cache.addAll(paths.map(path => new Request(path, {credentials: "omit"}))));
self.addEventListener("install", event => event.waitUntil(keep(KEPT).then(() => self.skipWaiting())));
self.addEventListener("activate", event => event.waitUntil(
  caches.keys().then(names => Promise.all(names.filter(name => name !== NAME).map(name => caches.delete(name)))).then(() => self.clients.claim())));
self.addEventListener("fetch", event => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || !KEPT.includes(url.pathname + url.search)) return;
  event.respondWith(fetch(event.request).then(answer => {
    if (answer.ok) event.waitUntil(keep([url.pathname + url.search]).catch(() => {}));
    return answer;
  }).catch(() => caches.match(url.pathname + url.search)));
});
