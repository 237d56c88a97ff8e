// What the link page adds where scripts run; without this file everything works by forms and links.
"use strict";

const { origin, message } = document.documentElement.dataset;
const inWindowOfItsOwn = Boolean(window.opener && origin);

// A window that our page was opened from is told the outcome; the browser delivers it to the bound origin alone.
if (inWindowOfItsOwn && message) {
  const said = JSON.parse(message);
  window.opener.postMessage(said, origin);
  if (said === "closed" || said.result === "success") window.close();
}

// In a window of its own the page ends here instead of leading back.
if (inWindowOfItsOwn) {
  for (const form of document.querySelectorAll("form")) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = "popup";
    field.value = "1";
    form.append(field);
  }
}

// One click is enough, and a screen reader hears what is going on.
for (const button of document.querySelectorAll("button[data-busy]")) {
  const label = button.textContent;
  const status = button.form.querySelector("[role=status]");
  button.form.addEventListener("submit", (event) => {
    if (button.getAttribute("aria-disabled") === "true") return event.preventDefault();
    button.setAttribute("aria-disabled", "true");
    button.textContent = status.textContent = button.dataset.busy;
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    button.removeAttribute("aria-disabled");
    button.textContent = label;
    status.textContent = "";
  });
}

for (const button of document.querySelectorAll("button.reveal")) {
  const field = document.getElementById(button.getAttribute("aria-controls"));
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = field.type === "password";
    field.type = shown ? "text" : "password";
    button.textContent = shown ? button.dataset.hide : button.dataset.show;
    button.setAttribute("aria-pressed", String(shown));
  });
}
