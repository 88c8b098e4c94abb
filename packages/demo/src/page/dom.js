// The little that is needed to fill in templates.

/**
 * A copy of the element in a template, and how to find its parts: `part("name")` is the one with `data-part="name"`.
 *
 * @param {string} id
 */
export function instantiate(id) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById(id));
  const element = /** @type {HTMLElement} */ (document.importNode(template.content, true).firstElementChild);
  return { element, part: partsOf(element) };
}

/** @param {ParentNode} root */
export function partsOf(root) {
  return (/** @type {string} */ name) => {
    const found = root.querySelector(`[data-part="${name}"]`);
    if (found === null) throw new Error(`no part ${name}`);
    return /** @type {HTMLElement} */ (found);
  };
}

/**
 * Sets a text if it is another one: most are the same in most frames.
 *
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Fills a list of terms and descriptions. Rows that are there already are kept.
 *
 * @param {Element} list
 * @param {readonly (readonly [term: string, description: string])[]} rows
 */
export function setRows(list, rows) {
  while (list.children.length > rows.length) list.lastElementChild?.remove();
  for (const [index, [term, description]] of rows.entries()) {
    const row = list.children[index] ?? list.appendChild(emptyRow());
    const [dt, dd] = row.children;
    if (dt !== undefined) setText(dt, term);
    if (dd !== undefined) setText(dd, description);
  }
}

function emptyRow() {
  const row = document.createElement("div");
  const term = document.createElement("dt");
  const description = document.createElement("dd");
  row.className = "row";
  term.className = "term";
  description.className = "about";
  row.append(term, description);
  return row;
}
