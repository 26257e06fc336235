/**
 * A small XML reader for documents in boxes: elements, attributes and text, names without their prefixes. It takes what it can of a
 * document that is not well-formed, expands no entity but the five that are built in, fetches nothing, and stops at limits.
 */
import { malformed, overLimit } from '../codec/errors.ts';

/** An element. */
export interface XmlElement {
  /** Local name, without a prefix. */
  readonly name: string;
  /** By local name. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** The text of the element itself, pieces joined. */
  readonly text: string;
}

interface Growing extends XmlElement {
  readonly attributes: Map<string, string>;
  readonly children: Growing[];
  text: string;
}

/** A description of a place is small; these bounds are generous. */
const MAX_LENGTH = 1 << 22;
const MAX_DEPTH = 128;
const MAX_ELEMENTS = 1 << 16;

/** Comments, character data, instructions, declarations, tags: whatever begins with an angle. */
const MARKUP = /<!--|<!\[CDATA\[|<\?|<!|<\/?/g;

/**
 * The root element of a document.
 *
 * @throws {Jpeg2000Error} `geo-metadata` without any element, or beyond the limits.
 */
export function parseXml(text: string): XmlElement {
  if (text.length > MAX_LENGTH) throw overLimit('geo-metadata', `an XML document of ${text.length} characters`);
  const root = element('');
  const open: Growing[] = [root];
  let count = 0;
  let at = 0;
  const skipPast = (end: string, from: number): number => {
    const found = text.indexOf(end, from);
    return found < 0 ? text.length : found + end.length;
  };
  for (;;) {
    MARKUP.lastIndex = at;
    const markup = MARKUP.exec(text);
    const top = open[open.length - 1];
    top.text += resolveEntities(text.slice(at, markup?.index ?? text.length));
    if (!markup) break;
    const [mark] = markup;
    const from = markup.index + mark.length;
    if (mark === '<!--') at = skipPast('-->', from);
    else if (mark === '<?') at = skipPast('?>', from);
    else if (mark === '<![CDATA[') {
      at = skipPast(']]>', from);
      top.text += text.slice(from, Math.max(from, at - 3));
    } else if (mark === '<!') at = endOfDeclaration(text, from);
    else {
      at = endOfTag(text, from);
      const inside = text.slice(from, at - 1);
      if (mark === '</') close(open, localName(inside.trim()));
      else {
        if (++count > MAX_ELEMENTS)
          throw overLimit('geo-metadata', `an XML document of more than ${MAX_ELEMENTS} elements`);
        const made = readTag(inside);
        top.children.push(made);
        if (!inside.endsWith('/')) open.push(made);
        if (open.length > MAX_DEPTH) throw overLimit('geo-metadata', `XML elements nested deeper than ${MAX_DEPTH}`);
      }
    }
  }
  const [first] = root.children;
  if (!first) throw malformed('geo-metadata', 'expected an XML document, found no element');
  return first;
}

/** All elements of a name, at any depth, in document order. */
export function* elementsNamed(root: XmlElement, name: string): Generator<XmlElement> {
  if (root.name === name) yield root;
  for (const child of root.children) yield* elementsNamed(child, name);
}

/** The first element of a name at any depth. */
export function firstNamed(root: XmlElement, name: string): XmlElement | undefined {
  for (const found of elementsNamed(root, name)) return found;
  return undefined;
}

/** Text for between tags or in quotes. */
export function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function element(name: string): Growing {
  return { name, attributes: new Map(), children: [], text: '' };
}

/** Closes the innermost open element of a name, with everything left open inside; a stray end tag is nothing. */
function close(open: Growing[], name: string): void {
  for (let k = open.length - 1; k > 0; k--) {
    if (open[k].name !== name) continue;
    open.length = k;
    return;
  }
}

/** Past the `>` of a tag; those in quotes do not count. */
function endOfTag(text: string, from: number): number {
  let quote = '';
  for (let at = from; at < text.length; at++) {
    const character = text[at];
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '>') return at + 1;
  }
  return text.length + 1;
}

/** Past a document type declaration with its internal subset, whose entities are not read. */
function endOfDeclaration(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '[') depth++;
    else if (text[at] === ']') depth--;
    else if (text[at] === '>' && depth <= 0) return at + 1;
  }
  return text.length;
}

/** What an attribute is set to. Its key is looked for from here backwards, so that no text of a long tag is gone over twice. */
const VALUE = /=\s*(?:"([^"]*)"|'([^']*)')/g;

const ENDS_WORD = /[\s=/]/;

function lastWord(text: string): string {
  const trimmed = text.trimEnd();
  let at = trimmed.length;
  while (at > 0 && !ENDS_WORD.test(trimmed[at - 1])) at--;
  return trimmed.slice(at);
}

function readTag(inside: string): Growing {
  const name = /^[^\s/]*/.exec(inside)![0];
  const made = element(localName(name));
  let from = name.length;
  for (const { 0: found, 1: double, 2: single, index } of inside.slice(from).matchAll(VALUE)) {
    const at = name.length + index;
    const key = lastWord(inside.slice(from, at));
    from = at + found.length;
    if (key !== '') made.attributes.set(localName(key), resolveEntities(double ?? single));
  }
  return made;
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function resolveEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(#x[0-9a-f]{1,6}|#[0-9]{1,7}|[a-z]{2,4});/gi, (whole, name: string) => {
    if (name[0] !== '#') return ENTITIES[name] ?? whole;
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
