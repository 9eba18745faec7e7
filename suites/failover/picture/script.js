// Under the pointer: how many seconds from the fault.
for (const line of document.querySelectorAll("svg.timeline")) {
  const { begin, end, left, right } = Object.fromEntries(
    Object.entries(line.dataset).map(([name, value]) => [name, Number(value)]));
  const cursor = line.querySelector(".cursor");
  const [rule, label] = cursor.children;
  const bottom = Number(line.querySelector(".axis").getAttribute("d").match(/ ([\d.]+)H/)[1]);
  line.addEventListener("pointermove", (event) => {
    const x = new DOMPoint(event.clientX, event.clientY).matrixTransform(line.getScreenCTM().inverse()).x;
    if (x < left || x > right) { cursor.setAttribute("hidden", ""); return; }
    const seconds = begin + (end - begin) * (x - left) / (right - left);
    cursor.removeAttribute("hidden");
    rule.setAttribute("d", `M${x} 0V${bottom}`);
    label.setAttribute("x", x);
    label.textContent = `${seconds >= 0 ? "+" : ""}${seconds.toFixed(2)} s`;
  });
  line.addEventListener("pointerleave", () => cursor.setAttribute("hidden", ""));
}
