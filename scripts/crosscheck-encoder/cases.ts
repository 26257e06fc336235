/**
 * The matrix of the encoder's cross-check: what is encoded, with which options.
 *
 * Every option has a deck of values. Decks are shuffled by seed and dealt card by card, one to a case, and shuffled anew when they are
 * used up: every value occurs as often as its deck says in any long enough run, and since decks differ in length and order, pairs of
 * values of any two options meet. What a card says that another forbids (a component transform of subsampled components) is left out.
 * A case is data and can be printed.
 */
import { componentSize } from '../../src/codec/encoder/samples.ts';
import type { EncodeOptions, ProgressionChange, Rate, RegionOfInterest } from '../../src/index.ts';
import { type Random, randomFrom } from '../../test/support/random.ts';

/** Block coder of a case (15444-1 Annex C, 15444-15). */
export type Coder = 'classic' | 'ht';

/** One encode to be. */
export interface EncoderCase {
  readonly id: string;
  readonly seed: number;
  readonly picture: PictureSpec;
  readonly options: EncodeOptions;
  /** The cards that were dealt, for counting pairs. */
  readonly cards: Readonly<Record<string, string>>;
}

/** What is encoded. */
export interface PictureSpec {
  readonly kind: 'scene' | 'noise' | 'flat' | 'checks' | 'extremes';
  readonly width: number;
  readonly height: number;
  readonly components: readonly ComponentSpec[];
}

/** Format and size of one component. */
export interface ComponentSpec {
  readonly precision: number;
  readonly signed: boolean;
  readonly dx: number;
  readonly dy: number;
  readonly width: number;
  readonly height: number;
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, k) => from + k);

const DECKS = {
  components: [1, 1, 2, 3, 3, 3, 4, 5],
  // deep samples are lossless in any case: PSNR and steps of 26 bits say nothing that 16 do not
  precision: [...range(1, 16), 8, 8, 8, 8, 12, 16, 20, 26],
  signed: [false, false, true],
  formats: ['alike', 'alike', 'alike', 'mixed'],
  grid: ['even', 'even', 'even', '420', '422', 'odd'],
  kind: ['scene', 'scene', 'scene', 'noise', 'flat', 'checks', 'extremes'],
  size: ['tiny', 'thin', 'small', 'small', 'medium', 'medium', 'medium', 'large'],
  origin: ['none', 'none', 'odd', 'random', 'far'],
  tile: ['none', 'none', 'none', 'third', 'third', 'small', 'edge'],
  tileOrigin: ['none', 'back'],
  levels: [undefined, undefined, 0, 1, 2, 3, 4, 5, 6, 7, 8, 32],
  codeBlock: [
    [64, 64],
    [64, 64],
    [32, 32],
    [4, 4],
    [1024, 4],
    [4, 1024],
    [8, 32],
    [128, 16],
    [16, 256],
    [512, 8],
  ],
  precincts: ['none', 'none', 'none', 'large', 'mixed', 'small', 'points'],
  progression: ['LRCP', 'RLCP', 'RPCL', 'PCRL', 'CPRL'],
  changes: ['none', 'none', 'none', 'none', 'resolutions', 'layers', 'components', 'first'],
  style: [...range(0, 63), ...Array.from({ length: 24 }, () => 0)],
  roi: ['none', 'none', 'none', 'none', 'rects', 'mask', 'some', 'shift'],
  mct: ['auto', 'auto', 'none', 'asked'],
  rate: [
    ...['lossless', 'lossless', 'lossless', 'lossless-layers', 'lossless-list', 'reversible-bytes', 'reversible-list'],
    ...['bytes', 'bpp', 'ratio', 'psnr', 'step', 'list', 'layers', 'psnr-list', 'step-layers'],
  ],
  quantization: ['expounded', 'expounded', 'derived'],
  guardBits: [undefined, undefined, 1, 2, 3, 4, 5, 6, 7],
  weights: ['none', 'none', 'visual'],
  tileParts: ['none', 'none', 'resolution', 'layer', 'component'],
  tlm: [false, true],
  lengths: ['none', 'none', 'plt', 'plm', 'both'],
  packed: ['none', 'none', 'none', 'ppm', 'ppt'],
  sop: [false, false, true],
  eph: [false, false, true],
  container: ['codestream', 'file'],
  registration: [false, false, true],
  comments: ['default', 'none', 'several'],
  refinement: [false, false, true],
} as const;

/**
 * Other decks for high throughput: fewer of what OpenJPH cannot read (signed samples, layers, derived quantisation, components other than
 * one or three), so that it has a say in most cases.
 */
const HT_DECKS = {
  components: [1, 1, 1, 2, 3, 3, 3, 3, 4],
  precision: [...range(1, 16), 8, 8, 8, 8, 12, 16],
  signed: [false, false, false, false, false, true],
  formats: [...Array.from({ length: 9 }, () => 'alike' as const), 'mixed'],
  size: ['tiny', 'thin', 'small', 'small', 'medium', 'medium', 'medium', 'medium', 'large', 'large'],
  tile: ['none', 'none', 'none', 'none', 'third', 'third', 'small', 'edge'],
  levels: [undefined, undefined, 0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 8],
  roi: [...Array.from({ length: 12 }, () => 'none' as const), 'rects', 'mask'],
  packed: [...Array.from({ length: 9 }, () => 'none' as const), 'ppm', 'ppt'],
  changes: [...Array.from({ length: 9 }, () => 'none' as const), 'resolutions', 'layers', 'components'],
  quantization: [...Array.from({ length: 7 }, () => 'expounded' as const), 'derived'],
  rate: [
    ...(['lossless', 'lossless', 'lossless', 'lossless', 'lossless', 'lossless-layers', 'reversible-bytes'] as const),
    ...(['bytes', 'bytes', 'bpp', 'ratio', 'psnr', 'step', 'step', 'qfactor', 'qfactor', 'qfactor'] as const),
    ...(['list', 'lossless-list', 'layers', 'step-layers'] as const),
  ],
} as const;

type Deck = keyof typeof DECKS;
type Card<D extends Deck> = (typeof DECKS)[D][number] | (D extends 'rate' ? 'qfactor' : never);

/** Names of all decks, and how many different values each has. */
export const DECK_SIZES = Object.entries(DECKS).map(([name, cards]) => {
  return { name, values: new Set(cards.map((card) => JSON.stringify(card) ?? 'default')).size };
});

/** The card of a deck for a case. */
function deal<D extends Deck>(deck: D, seed: number, number: number, coder: Coder): Card<D> {
  const decks: Readonly<Partial<Record<Deck, readonly unknown[]>>> = coder === 'ht' ? { ...DECKS, ...HT_DECKS } : DECKS;
  const cards = decks[deck] as readonly Card<D>[];
  const round = Math.floor(number / cards.length);
  let hash = Math.imul(seed, 0x9e3779b1) ^ Math.imul(round + 1, 0x85ebca6b);
  for (const char of deck) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  const random = randomFrom(hash);
  const order = range(0, cards.length - 1);
  for (let k = order.length - 1; k > 0; k--) {
    const other = random.int(0, k);
    [order[k], order[other]] = [order[other]!, order[k]!];
  }
  return cards[order[number % cards.length]!]!;
}

/** One case by its number. A further attempt is another case, for where the first has no answer. */
export function makeCase(seed: number, number: number, attempt = 0, coder: Coder = 'classic'): EncoderCase {
  const at = number + 10007 * attempt;
  const caseSeed = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(at + 1, 0xc2b2ae35)) >>> 0;
  const random = randomFrom(caseSeed);
  const cards: Record<string, string> = {};
  const card = <D extends Deck>(deck: D): Card<D> => {
    const value = deal(deck, seed, at, coder);
    cards[deck] = JSON.stringify(value) ?? 'default';
    return value;
  };
  const isHt = coder === 'ht';
  const rateCard = card('rate');
  const lossless = rateCard.startsWith('lossless');
  const reversible = lossless || rateCard.startsWith('reversible');
  const roiCard = card('roi');
  const origin = originOf(card('origin'), random);
  const picture = pictureOf(card, random, origin, lossless && roiCard === 'none');
  const { width, height, components } = picture;
  const [first] = components;
  const alike = components.length >= 3 && components.slice(1, 3).every((c) => sameFormat(c, first!));
  const mctCard = card('mct');
  const levels = card('levels');
  const quantization = card('quantization');
  const { tile, tileOrigin } = tilesOf(card, random, picture, origin);
  const numLayers = layersOf(rateCard, random);
  const rates = ratesOf(rateCard, random, picture, numLayers);
  const style = card('style');
  const packed = card('packed');
  const lengths = card('lengths');
  const deep = Math.max(...components.map((c) => c.precision));
  const guardBits = card('guardBits');
  const side = Math.max(width, height);
  const options: EncodeOptions = {
    container: card('container') === 'codestream' ? 'codestream' : isHt ? 'jph' : 'jp2',
    ...(isHt ? { coder, htRefinement: card('refinement') } : {}),
    ...rates,
    ...(rateCard.startsWith('reversible') ? { wavelet: '5/3' } : {}),
    ...(levels === undefined ? {} : { levels }),
    progression: card('progression'),
    ...(tile ? { tile, tileOrigin } : {}),
    ...(origin.x + origin.y > 0 ? { origin } : {}),
    codeBlock: { width: card('codeBlock')[0], height: deal('codeBlock', seed, at, coder)[1] },
    ...precinctsOf(card('precincts'), random, levels ?? defaultLevels(picture, tile), side),
    codeBlockStyle: isHt
      ? { causal: (style & 8) !== 0 }
      : {
          bypass: (style & 1) !== 0,
          reset: (style & 2) !== 0,
          terminate: (style & 4) !== 0,
          causal: (style & 8) !== 0,
          predictable: (style & 16) !== 0,
          segmentation: (style & 32) !== 0,
        },
    mct: mctCard !== 'asked' ? mctCard : !alike ? 'none' : reversible ? 'rct' : 'ict',
    // shifted by at least M_b, coefficients need twice the bit-planes; more than 30 are not carried
    ...(deep <= 8 ? regionOf(roiCard, random, picture) : {}),
    ...(guardBits === undefined || (roiCard !== 'none' && guardBits > 3) || deep > 20 ? {} : { guardBits }),
    // one step for 32 levels is more than QCD can say (E-5)
    quantization: levels === 32 && quantization === 'derived' ? 'expounded' : quantization,
    weights: card('weights'),
    tileParts: card('tileParts'),
    markers: {
      tlm: card('tlm'),
      plt: lengths === 'plt' || lengths === 'both',
      plm: lengths === 'plm' || lengths === 'both',
      ppm: packed === 'ppm',
      ppt: packed === 'ppt',
      sop: card('sop'),
      eph: card('eph'),
    },
    ...(card('registration') ? { registration: components.map(() => ({ x: random.next() * 0.99, y: 0.5 })) } : {}),
    ...commentsOf(card('comments')),
  };
  const changes = changesOf(card('changes'), random, levels, numLayers, components.length);
  const whole = changes.length > 0 ? { ...options, progressionChanges: changes } : options;
  return {
    id: `${seed}:${number}${isHt ? 'ht' : ''}${attempt ? `.${attempt}` : ''}`,
    seed: caseSeed,
    picture,
    options: whole,
    cards,
  };
}

function sameFormat(a: ComponentSpec, b: ComponentSpec): boolean {
  return a.precision === b.precision && a.signed === b.signed && a.dx === b.dx && a.dy === b.dy;
}

function originOf(card: Card<'origin'>, random: Random): { x: number; y: number } {
  if (card === 'none') return { x: 0, y: 0 };
  if (card === 'odd') return { x: 1 + 2 * random.int(0, 8), y: 1 + 2 * random.int(0, 8) };
  if (card === 'far') return { x: random.int(0, 70000), y: 2 ** 20 + random.int(0, 70000) };
  return { x: random.int(0, 60), y: random.int(0, 60) };
}

function pictureOf(
  card: <D extends Deck>(deck: D) => Card<D>,
  random: Random,
  origin: { x: number; y: number },
  mayBeDeep: boolean,
): PictureSpec {
  const precision = Math.min(card('precision'), mayBeDeep ? 26 : 16);
  const signed = card('signed');
  const mixed = card('formats') === 'mixed';
  const grid = card('grid');
  const [width, height] = sizeOf(card('size'), random);
  const components = Array.from({ length: card('components') }, (_, c): ComponentSpec => {
    const own = mixed && c > 0 && random.chance(0.7);
    const distances = distancesOf(grid, c, random);
    let [dx, dy] = distances;
    // thin pictures may have no sample on a coarse grid
    if (componentSize(origin.x, width, dx) < 1) dx = 1;
    if (componentSize(origin.y, height, dy) < 1) dy = 1;
    return {
      precision: own ? random.int(1, Math.min(16, precision + 4)) : precision,
      signed: own ? random.chance(0.5) : signed,
      dx,
      dy,
      width: componentSize(origin.x, width, dx),
      height: componentSize(origin.y, height, dy),
    };
  });
  return { kind: card('kind'), width, height, components };
}

function sizeOf(card: Card<'size'>, random: Random): [number, number] {
  const side = (low: number, high: number): number => random.int(low, high);
  if (card === 'tiny') return [side(1, 9), side(1, 9)];
  if (card === 'thin') return random.chance(0.5) ? [side(1, 3), side(20, 200)] : [side(20, 200), side(1, 3)];
  if (card === 'small') return [side(10, 50), side(10, 50)];
  if (card === 'medium') return [side(50, 130), side(50, 130)];
  return [side(130, 260), side(130, 260)];
}

function distancesOf(card: Card<'grid'>, c: number, random: Random): [number, number] {
  if (card === 'even') return [1, 1];
  if (card === 'odd') return [random.pick([1, 1, 2, 3, 5]), random.pick([1, 1, 2, 3, 7])];
  if (c === 0 || c > 2) return [1, 1];
  return card === '420' ? [2, 2] : [2, 1];
}

function tilesOf(
  card: <D extends Deck>(deck: D) => Card<D>,
  random: Random,
  { width, height }: PictureSpec,
  origin: { x: number; y: number },
): Pick<EncodeOptions, 'tile' | 'tileOrigin'> {
  const kind = card('tile');
  const back = card('tileOrigin') === 'back';
  if (kind === 'none') return {};
  const side = (size: number): number => {
    if (kind === 'third') return Math.ceil(size / 3) + random.int(0, 9);
    // at most seven tiles a side; less than 2^levels samples
    if (kind === 'small') return Math.max(random.int(1, 16), Math.ceil(size / 7));
    return Math.max(1, Math.ceil((size - 1) / random.int(1, 3)));
  };
  const tile = { width: side(width), height: side(height) };
  const edge = (at: number, size: number, length: number): number => {
    // a last column of one sample: the tiles before it end one before the area does
    if (kind === 'edge') return Math.max(0, at + ((size - 1) % length) - length);
    const away = back ? random.int(Math.max(0, at - length + 1), at) : Math.max(0, at - (at % length));
    return Math.min(at, away);
  };
  const tileOrigin = { x: edge(origin.x, width, tile.width), y: edge(origin.y, height, tile.height) };
  if (kind === 'edge') {
    // where the origin leaves no room in front, the picture's own corner will do
    if (tileOrigin.x + tile.width <= origin.x) tileOrigin.x = origin.x;
    if (tileOrigin.y + tile.height <= origin.y) tileOrigin.y = origin.y;
  }
  return { tile, tileOrigin };
}

/** What the encoder takes when it is not told. */
function defaultLevels({ width, height }: PictureSpec, tile: EncodeOptions['tile']): number {
  const smallest = Math.min(width, height, tile?.width ?? width, tile?.height ?? height);
  return Math.min(5, Math.floor(Math.log2(smallest)));
}

function precinctsOf(card: Card<'precincts'>, random: Random, levels: number, side: number) {
  if (card === 'none') return {};
  const sizes = range(0, random.int(0, Math.min(levels, 6))).map((_, k) => {
    const least = card === 'large' ? 6 : side > 60 ? Math.max(3, 5 - k) : 1;
    const most = card === 'large' ? 9 : card === 'mixed' ? 8 : least + 1;
    return { width: 2 ** random.int(least, most), height: 2 ** random.int(least, most) };
  });
  if (card === 'points' && levels <= 6) {
    // 1 x 1 is only legal at the lowest resolution level (Table A.21)
    while (sizes.length < levels + 1) sizes.push(sizes[sizes.length - 1]!);
    const least = side >> levels > 30 ? 2 : 0;
    sizes[levels] = { width: 2 ** least, height: 2 ** random.int(least, least + 1) };
  }
  return { precincts: sizes };
}

function regionOf(
  card: Card<'roi'>,
  random: Random,
  { width, height, components }: PictureSpec,
): { roi?: RegionOfInterest } {
  if (card === 'none') return {};
  if (card === 'mask') {
    const mask = new Uint8Array(width * height);
    const [cx, cy] = [random.int(0, width - 1), random.int(0, height - 1)];
    const radius = 1 + random.int(0, Math.max(width, height) >> 1);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) mask[y * width + x] = Math.hypot(x - cx, y - cy) < radius ? 1 : 0;
    }
    return { roi: { mask } };
  }
  const rects = range(1, random.int(1, 3)).map(() => {
    const [x, y] = [random.int(0, width - 1), random.int(0, height - 1)];
    return { x, y, width: random.int(1, width - x), height: random.int(1, height - y) };
  });
  if (card === 'some') return { roi: { rects, components: [random.int(0, components.length - 1)] } };
  if (card === 'shift' && components.every((c) => c.precision <= 6)) return { roi: { rects, shift: 16 } };
  return { roi: { rects } };
}

function layersOf(card: Card<'rate'>, random: Random): number {
  return card.includes('layers') ? random.int(2, 9) : card.includes('list') ? random.int(2, 5) : 1;
}

/** Rates that leave something out of most pictures, and that most pictures have room for. */
function ratesOf(
  card: Card<'rate'>,
  random: Random,
  { width, height, components }: PictureSpec,
  numLayers: number,
): { rate: Rate | readonly Rate[]; layers?: number } {
  const bits = components.reduce((sum, c) => sum + c.width * c.height * c.precision, 0);
  const least = 900;
  const bytes = (factor: number): number => Math.round(least + (bits / 8) * factor);
  const sizes = (most: number): Rate[] => {
    return range(1, numLayers).map((l) => ({
      bytes: bytes((most * 0.9 * l) / numLayers) + 300 * l * (least > 0 ? 1 : 0),
    }));
  };
  switch (card) {
    case 'lossless':
      return { rate: { lossless: true } };
    case 'lossless-layers':
      return { rate: { lossless: true }, layers: numLayers };
    case 'lossless-list':
      return { rate: [...sizes(0.4).slice(0, -1), { lossless: true }] };
    case 'reversible-bytes':
    case 'bytes':
      return { rate: { bytes: bytes(random.pick([0.02, 0.1, 0.3])) } };
    case 'reversible-list':
      return { rate: sizes(0.4) };
    case 'bpp':
      return { rate: { bpp: (8 * bytes(random.pick([0.02, 0.1, 0.3]))) / (width * height) } };
    case 'ratio':
      return { rate: { ratio: bits / 8 / bytes(random.pick([0.02, 0.1, 0.3])) } };
    case 'psnr':
      return { rate: { psnr: random.int(22, 55) } };
    case 'psnr-list':
      return { rate: range(1, numLayers).map((l) => ({ psnr: 16 + 7 * l })) };
    case 'step':
      return { rate: { step: random.pick([1 / 16, 1 / 2, 1, 3]) } };
    case 'qfactor':
      return { rate: { qfactor: random.pick([10, 50, 85, 92, 100]) } };
    case 'step-layers':
      return { rate: { step: random.pick([1 / 4, 1]) }, layers: numLayers };
    case 'list':
      return { rate: sizes(0.3) };
    case 'layers':
      return { rate: { bytes: bytes(0.2) + 300 * numLayers }, layers: numLayers };
  }
}

/** Changes that together name every packet. */
function changesOf(
  card: Card<'changes'>,
  random: Random,
  givenLevels: number | undefined,
  numLayers: number,
  numComponents: number,
): ProgressionChange[] {
  const order = () => random.pick(DECKS.progression);
  const levels = givenLevels ?? 0;
  const all = {
    resolutionStart: 0,
    resolutionEnd: 33,
    componentStart: 0,
    componentEnd: numComponents,
    layerEnd: numLayers,
  };
  if (card === 'resolutions' && levels > 0) {
    const cut = random.int(1, levels);
    return [
      { ...all, resolutionEnd: cut, progression: order() },
      { ...all, resolutionStart: cut, progression: order() },
    ];
  }
  if (card === 'layers' && numLayers > 1) {
    return [
      { ...all, layerEnd: random.int(1, numLayers - 1), progression: order() },
      { ...all, progression: order() },
    ];
  }
  if (card === 'components' && numComponents > 1) {
    const cut = random.int(1, numComponents - 1);
    return [
      { ...all, componentStart: cut, progression: order() },
      { ...all, componentEnd: cut, progression: order() },
    ];
  }
  if (card === 'first') {
    // a corner of all packets first, then a volume that holds what has been sent as well
    const layerEnd = random.int(1, numLayers);
    return [
      { ...all, resolutionEnd: 1, componentEnd: 1, layerEnd, progression: order() },
      { ...all, progression: order() },
    ];
  }
  return [];
}

function commentsOf(card: Card<'comments'>): Pick<EncodeOptions, 'comments'> {
  if (card === 'default') return {};
  return { comments: card === 'none' ? [] : ['Gr\u00fc\u00dfe', Uint8Array.of(0, 255, 0xff, 0x4f), ''] };
}
