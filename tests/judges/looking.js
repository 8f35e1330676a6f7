// What tests/judges/page.py asks of a page. Each function answers what it found wrong, or where the focus is.

function numbers(color) {
  const found = color.match(/[\d.]+/g).map(Number);
  return found.length === 3 ? [...found, 1] : found;
}

function over(top, under) {
  return [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
}

// The colour behind an element: what its ancestors paint, the nearest on top.
function ground(element) {
  const layers = [];
  for (let one = element; one; one = one.parentElement) layers.push(numbers(getComputedStyle(one).backgroundColor));
  return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]);
}

function luminance(color) {
  const [r, g, b] = color.slice(0, 3).map((one) => {
    const part = one / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function isVisible(element) {
  const box = element.getBoundingClientRect();
  return box.width > 0 && box.height > 0 && box.right > 0 && element.checkVisibility({ visibilityProperty: true });
}

// Texts that are hard to read: below WCAG's 4.5, or 3 where they are large.
function faint() {
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !isVisible(element)) continue;
    const style = getComputedStyle(element);
    let opacity = 1;
    for (let one = element; one; one = one.parentElement) opacity *= Number(getComputedStyle(one).opacity);
    const under = ground(element);
    const ink = numbers(style.color);
    const text = over([...ink.slice(0, 3), ink[3] * opacity], under);
    const [light, dark] = [luminance(text), luminance(under)].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (isLarge ? 3 : 4.5)) found.add(`${walker.currentNode.textContent.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return [...found];
}

// How far the page reaches beyond its window to the right.
function overflow() {
  return document.documentElement.scrollWidth - document.documentElement.clientWidth;
}

// What can be pressed or filled in but has no name that a screen reader could say.
function nameless() {
  const controls = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")];
  return controls
    .filter((one) => isVisible(one))
    .filter((one) => !(one.textContent.trim() || one.ariaLabel || one.closest("label")?.textContent.trim()))
    .map((one) => one.outerHTML.slice(0, 80));
}

// Everything that the keyboard has to reach.
function reachable() {
  const controls = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary, [tabindex='0']")];
  return controls.filter((one) => isVisible(one) && !one.disabled).length;
}

// Where the focus is, and whether that can be seen.
function focused() {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const all = [...document.querySelectorAll("*")];
  const style = getComputedStyle(element);
  const isSeen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  return { place: all.indexOf(element), text: element.textContent.trim().slice(0, 60), name: element.name ?? "", isSeen };
}
