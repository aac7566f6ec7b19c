// Searches the code blocks of a page: <form data-search-root="id of what to search in">.
// Hits are painted by the browser's highlight API, so the text itself stays as it is; Enter goes on
// to the next one. Without JavaScript the form stays hidden, and the browser's own search does it.

const canPaint = "highlights" in CSS;

// Lower case in which every character stays at its place: "İ" alone would become two, and all marks
// after it would stand beside their words. The two small sigmas are one letter.
function folded(text) {
  let low = text.toLowerCase();
  if (low.length !== text.length) {
    low = "";
    for (const character of text) low += character.toLowerCase().slice(0, character.length);
  }
  return low.replaceAll("ς", "σ");
}

function hitsIn(root, wanted) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const nodes = [];
  let text = "";
  while (walker.nextNode()) {
    nodes.push({ node: walker.currentNode, start: text.length });
    text += walker.currentNode.data;
  }
  const low = folded(text);
  const hits = [];
  let from = 0;
  let at;
  let index = 0;
  while (hits.length < 1000 && (at = low.indexOf(wanted, from)) !== -1) {
    while (index + 1 < nodes.length && nodes[index + 1].start <= at) index += 1;
    let last = index;
    const end = at + wanted.length;
    while (last + 1 < nodes.length && nodes[last + 1].start < end) last += 1;
    const range = new Range();
    range.setStart(nodes[index].node, at - nodes[index].start);
    range.setEnd(nodes[last].node, end - nodes[last].start);
    hits.push(range);
    from = end;
  }
  return hits;
}

for (const form of document.querySelectorAll("[data-search-root]")) {
  const root = document.getElementById(form.dataset.searchRoot);
  if (!root || !canPaint) continue;
  form.hidden = false;
  const input = form.querySelector("input");
  const output = form.querySelector("output");
  let hits = [];
  let now = -1;

  const show = () => {
    CSS.highlights.set("found", new Highlight(...hits));
    if (now >= 0) {
      CSS.highlights.set("found-now", new Highlight(hits[now]));
      hits[now].startContainer.parentElement.scrollIntoView({ block: "center" });
    } else {
      CSS.highlights.delete("found-now");
    }
    const many = hits.length === 1000 ? "1,000 or more" : hits.length;
    output.textContent = input.value ? (now >= 0 ? `${now + 1} of ${many}` : `${many} found`) : "";
  };
  input.addEventListener("input", () => {
    hits = input.value ? hitsIn(root, folded(input.value)) : [];
    now = -1;
    show();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!hits.length) return;
    now = (now + 1) % hits.length;
    show();
  });
}
