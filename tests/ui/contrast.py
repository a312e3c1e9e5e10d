"""How well texts stand out from what is behind them, computed in the browser as WCAG 2.2 says (1.4.3, 1.4.11)."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Page

# Every visible text with its colour and the ground that it stands on, as the page's styles mix them. Not looked at:
# what is disabled, which the standard leaves out. Icons are letters of a font of symbols and count as graphics.
_TEXTS = r"""() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const parts = colour => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => top.slice(0, 3).map((part, at) => part * top[3] + below[at] * (1 - top[3]));
  const light = colour => colour.map(part => part / 255)
    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const ratio = (one, other) => {
    const [dark, bright] = [light(one), light(other)].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05);
  };
  const ground = element => {
    const layers = [], box = element.getBoundingClientRect();
    const y = (box.top + box.bottom) / 2;
    for (let it = element; it; it = it.parentElement) {
      const knob = it.getBoundingClientRect();  // a slider's value belongs to its knob and stands above it
      if (0 < knob.height && knob.height < 40 && (y < knob.top || y > knob.bottom)) continue;
      const layer = parts(getComputedStyle(it).backgroundColor);
      layers.push(layer);
      if (layer[3] === 1) break;
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const faded = element => {
    let product = 1;
    for (let it = element; it; it = it.parentElement) product *= parseFloat(getComputedStyle(it).opacity);
    return product;
  };
  const found = [];
  const look = (element, words, style) => {
    const box = element.getBoundingClientRect();
    const seen = element.checkVisibility({visibilityProperty: true, opacityProperty: true});
    if (!seen || box.width < 2 || box.height < 2 || element.closest(':disabled, [aria-disabled=true]')) return;
    const colour = parts(style.color);
    colour[3] *= faded(element);
    const below = ground(element);
    const size = parseFloat(style.fontSize), bold = parseInt(style.fontWeight) >= 700;
    const icon = style.fontFamily.includes('Symbols');
    found.push({words: words.slice(0, 60), ratio: ratio(over(colour, below), below),
      least: icon || size >= 24 || (bold && size >= 18.66) ? 3 : 4.5});
  };
  for (const element of document.querySelectorAll('body *')) {
    const words = [...element.childNodes].filter(it => it.nodeType === 3).map(it => it.data).join('').trim();
    if (words && !['SCRIPT', 'STYLE', 'NOSCRIPT', 'OPTION'].includes(element.tagName))
      look(element, words, getComputedStyle(element));
    if (element.value && ['INPUT', 'TEXTAREA'].includes(element.tagName) && element.type !== 'range')
      look(element, element.value, getComputedStyle(element));
    else if (element.placeholder) look(element, element.placeholder, getComputedStyle(element, '::placeholder'));
  }
  return found;
}"""


@dataclass(frozen=True, slots=True)
class Seen:
    """A text, its contrast, and the least that the standard asks for a text of its size."""

    words: str
    ratio: float
    least: float

    def __str__(self) -> str:
        return f"{self.ratio:.2f} (least {self.least}): {self.words!r}"


def texts(page: Page) -> list[Seen]:
    """Return every visible text of a page with its contrast."""
    return [Seen(**it) for it in page.evaluate(_TEXTS)]


def faint(page: Page) -> list[str]:
    """Return the texts of a page that stand out less than they should."""
    return sorted({str(it) for it in texts(page) if it.ratio < it.least - 0.005})
