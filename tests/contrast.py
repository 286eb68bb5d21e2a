"""Measures in the browser whether the texts of a page stand out from what is behind them."""

from playwright.sync_api import Page

ENOUGH = 4.5  # of the lighter to the darker, as WCAG 2 asks for text of normal size

_FIND = """
(enough) => {
  const colours = /(?:rgba?|color)\\([^()]*\\)/g;
  const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const read = (css) => {
    probe.clearRect(0, 0, 1, 1);
    probe.fillStyle = css;
    probe.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = probe.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], below) => [r, g, b].map((one, at) => one * a + below[at] * (1 - a)).concat(1);
  const light = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((one) => one / 255).map((one) =>
      one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [high, low] = [light(one), light(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
  // All colours that may be behind a node: a gradient has several.
  const behind = (node) => {
    if (!node) return [[255, 255, 255, 1]];
    const style = getComputedStyle(node);
    let found = behind(node.parentElement);
    const own = read(style.backgroundColor);
    if (own[3]) found = found.map((below) => over(own, below));
    const stops = style.backgroundImage.match(colours) || [];
const shades = stops.flatMap((stop) => found.map((below) => over(read(stop), below)));
    const covers = stops.length && stops.every((stop) => read(stop)[3] === 1);
    return covers ? shades : found.concat(shades);
  };
  const opacity = (node) => (node ? Number(getComputedStyle(node).opacity) * opacity(node.parentElement) : 1);
  const faint = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !node.checkVisibility() || node.closest("noscript, script")) continue;
    if (!/[\\p{L}\\p{N}]/u.test(texts.currentNode.data) || !opacity(node)) continue;
    const ink = read(getComputedStyle(node).color);
    ink[3] *= opacity(node);
    const worst = Math.min(...behind(node).map((below) => contrast(over(ink, below), below)));
    const named = `${node.tagName}.${node.className}: ${texts.currentNode.data.slice(0, 30)}`;
    if (worst < enough) faint.push(`${worst.toFixed(2)} ${named}`);
  }
  const placeholder = document.querySelector("textarea");
  if (!placeholder) return faint;
  const ink = read(getComputedStyle(placeholder, "::placeholder").color);
  const worst = Math.min(...behind(placeholder).map((below) => contrast(over(ink, below), below)));
  if (worst < enough) faint.push(`${worst.toFixed(2)} placeholder`);
  return faint;
}
"""


def find_faint_texts(page: Page) -> list[str]:
    """Returns the visible texts whose contrast is below ENOUGH, each with its contrast and its element."""
    found: list[str] = page.evaluate(_FIND, ENOUGH)
    return found
