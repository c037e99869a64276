document.addEventListener("click", event => {
  const all = event.target.closest("[data-all]");
  if (all) {
    document.querySelectorAll("#sequence details").forEach(it => { it.open = all.dataset.all === "open"; });
    return;
  }
  const row = event.target.closest("g[data-irp]");
  const svg = event.target.closest("main svg");
  if (!svg) return;
  const irp = row && !row.classList.contains("followed") ? row.dataset.irp : null;
  document.querySelectorAll("main svg").forEach(other => {
    other.classList.toggle("follow", irp !== null);
    other.querySelectorAll("g[data-irp]").forEach(it => it.classList.toggle("followed", it.dataset.irp === irp));
  });
});
