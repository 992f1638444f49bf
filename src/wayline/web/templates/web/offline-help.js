{% load static %}// Keeps the urgent page for when there is no network. It touches no other page and keeps nothing that was typed.
const NAME = "urgent-{{ version }}";
const KEPT = ["{% url 'help' %}", "{% static 'web/wayline.css' %}?v={{ version }}"];
self.addEventListener("install", event => event.waitUntil(caches.open(NAME).then(cache => cache.addAll(KEPT)).then(() => self.skipWaiting())));
self.addEventListener("activate", event => event.waitUntil(
  caches.keys().then(names => Promise.all(names.filter(name => name !== NAME).map(name => caches.delete(name)))).then(() => self.clients.claim())));
self.addEventListener("fetch", event => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || !KEPT.includes(url.pathname + url.search)) return;
  event.respondWith(fetch(event.request).then(answer => {
    if (answer.ok) { const copy = answer.clone(); caches.open(NAME).then(cache => cache.put(event.request, copy)); }
    return answer;
  }).catch(() => caches.match(url.pathname + url.search)));
});
