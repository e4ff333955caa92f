// A button that copies what is shown once. Without script, or where the page may not write to the clipboard, one selects.
for (const text of navigator.clipboard ? document.querySelectorAll("[data-copied]") : []) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn";
  button.textContent = "Copy";
  button.setAttribute("aria-label", `Copy: ${text.dataset.copied}`);
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text.textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  text.after(button);
}
