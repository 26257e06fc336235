/** Random requests: every field of Annex C, with values that mean something and values that are only legal. */
import fc from 'fast-check';
import type {
  CodestreamContext,
  JpipRequest,
  MetadataRequests,
  ModelStatement,
  Preference,
  ReturnType,
  SampledRange,
  TilePartStatement,
  UintRange,
} from '../../src/jpip/request/fields.ts';

/** Numbers of requests: mostly small, up to what a number can be. */
export const uint: fc.Arbitrary<number> = fc.oneof(
  fc.nat(20),
  fc.nat(100_000),
  fc.nat({ max: 2 ** 31 - 1 }),
  fc.maxSafeNat(),
);

/** Names without what cuts lists. */
export const token: fc.Arbitrary<string> = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9_.-]{1,12}$/),
  fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }).filter((text) => !/[,\s]/.test(text)),
);

/** Anything that is a text. */
export const text: fc.Arbitrary<string> = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' });

/** `a`, `a-b`, `a-`. */
export const uintRange: fc.Arbitrary<UintRange> = fc.oneof(
  fc.record({ first: uint }),
  fc.record({ first: uint, open: fc.constant(true) }),
  fc.tuple(fc.nat(1000), fc.nat(1000)).map(([first, more]) => ({ first, last: first + more })),
);

/** The same with or without a step. */
export const sampledRange: fc.Arbitrary<SampledRange> = fc
  .tuple(uintRange, fc.option(fc.integer({ min: 1, max: 99 }), { nil: undefined }))
  .map(([range, step]) => (step === undefined ? range : { ...range, step }));

const some = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(one, { minLength: 1, maxLength: 4 });
const maybe = <T extends object>(fields: { [name in keyof T]: fc.Arbitrary<T[name]> }): fc.Arbitrary<Partial<T>> =>
  fc.record(fields, { requiredKeys: [] }) as unknown as fc.Arbitrary<Partial<T>>;
const decimal = fc.oneof(
  fc.nat(1000),
  fc.double({ min: 0, max: Number.MAX_VALUE, noNaN: true, noDefaultInfinity: true }).map(Math.abs),
);
const pair = fc.tuple(uint, uint);

const idsOrAll = fc.oneof(fc.constant('*' as const), uintRange);
const qualifier = fc.record({
  // the same one again and again says most about how far it reaches
  codestreams: fc.oneof(fc.constant([{ first: 0 }]), fc.array(sampledRange, { minLength: 1, maxLength: 3 })),
});

const explicitBins = fc
  .record({
    bin: fc.constantFrom(
      'main-header' as const,
      'tile-header' as const,
      'precinct' as const,
      'tile' as const,
      'metadata' as const,
    ),
    ids: idsOrAll,
    count: fc.oneof(fc.constant({}), fc.record({ bytes: uint }), fc.record({ layers: uint })),
  })
  .map(({ bin, ids, count }) => ({
    kind: 'explicit' as const,
    bin,
    ...(bin === 'main-header' ? {} : { ids }),
    ...count,
  }));
const implicitBins = maybe({
  tiles: idsOrAll,
  components: idsOrAll,
  resolutions: idsOrAll,
  precincts: idsOrAll,
  layers: uint,
})
  .filter((bins) => Object.keys(bins).some((name) => name !== 'layers'))
  .map((bins) => ({ kind: 'implicit' as const, ...bins }));

/** Statements of `need`, and of `model` where some take away. */
export const modelStatements = (subtractive: boolean): fc.Arbitrary<ModelStatement[]> =>
  fc.array(
    fc
      .tuple(fc.oneof(explicitBins, implicitBins), fc.oneof(fc.constant({}), qualifier), fc.boolean())
      .map(([bins, codestreams, minus]) => ({
        ...codestreams,
        ...(minus && subtractive ? { subtractive } : {}),
        bins,
      })),
    { minLength: 1, maxLength: 6 },
  );

const tilePart = fc.record({ tile: uint, part: fc.nat(255) });

/** Statements of `tpneed`, and of `tpmodel`. */
export const tilePartStatements = (subtractive: boolean): fc.Arbitrary<TilePartStatement[]> =>
  fc.array(
    fc
      .tuple(
        tilePart,
        fc.oneof(fc.constant({}), fc.record({ last: tilePart })),
        fc.oneof(fc.constant({}), qualifier),
        fc.boolean(),
      )
      .map(([first, last, codestreams, minus]) => ({
        ...codestreams,
        ...(minus && subtractive ? { subtractive } : {}),
        first,
        ...last,
      })),
    { minLength: 1, maxLength: 6 },
  );

const boxType = fc.oneof(
  fc.constantFrom('*', 'xml ', 'jp2h', 'uuid', 'asoc', 'jP  '),
  fc
    .string({
      minLength: 4,
      maxLength: 4,
      unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
    })
    .filter((type) => !/^\*|_|[\x7f-\x9f]/.test(type)),
);

/** A `metareq`. */
export const metadataRequests: fc.Arbitrary<MetadataRequests> = fc
  .tuple(
    some(
      fc
        .tuple(
          some(
            fc
              .tuple(
                boxType,
                maybe({
                  limit: fc.oneof(uint, fc.constant('headers' as const)),
                  relevance: fc.stringMatching(/^[wsga]{1,4}$/),
                  priority: fc.constant(true),
                }),
              )
              .map(([type, rest]) => ({ type, ...rest })),
          ),
          maybe({ root: uint, depth: uint }),
        )
        .map(([boxes, rest]) => ({ boxes, ...rest })),
    ),
    fc.boolean(),
  )
  .map(([requests, only]) => ({ requests, ...(only ? { only } : {}) }));

/** A context range, of a known form or not. */
export const context: fc.Arbitrary<CodestreamContext> = fc.oneof(
  fc
    .tuple(
      fc.oneof(fc.constantFrom('jpxl', 'mj2t'), fc.stringMatching(/^[A-Za-z0-9]{1,6}$/)),
      some(sampledRange),
      maybe({
        now: fc.constant(true),
        geometry: fc.oneof(fc.constantFrom('s0i1', 'track', 'movie'), fc.stringMatching(/^[!-;=?-Z\\^-~]{1,8}$/)),
      }),
    )
    .map(([kind, ranges, rest]) => ({ kind, ranges, ...rest })),
  fc.constantFrom('jpmp', 'new{1}', 'other<x,y>', 'a[b;c]').map((kind) => ({ kind, ranges: [] })),
);

const parameterName = fc.stringMatching(/^[a-z]{1,8}$/);
/** An image return type. */
export const returnType: fc.Arbitrary<ReturnType> = fc.oneof(
  fc.constantFrom('jpp-stream', 'jpt-stream', 'raw', 'image/jpp-stream').map((name) => ({ name })),
  fc.record({
    name: fc.constantFrom('jpp-stream', 'jpt-stream', 'image/png'),
    parameters: some(fc.record({ name: parameterName, value: fc.constantFrom('ext', '', 'a=b', '1 2') })),
  }),
);

/** A preference. */
export const preference: fc.Arbitrary<Preference> = fc
  .tuple(
    text.filter((one) => !one.includes(',')),
    fc.boolean(),
  )
  .filter(([one, required]) => required || !one.endsWith('/r'))
  .map(([one, required]) => ({ text: one, ...(required ? { required } : {}) }));

const rounding = maybe({ round: fc.constantFrom('round-up' as const, 'round-down' as const, 'closest' as const) });
const size = pair.map(([width, height]) => ({ width, height }));
const offset = pair.map(([x, y]) => ({ x, y }));
const dimensions = fc.array(uint, { minLength: 1, maxLength: 5 });
const quality = fc.integer({ min: -1, max: 100 });
const subtarget = uintRange.map(({ first, last, open }) => (open ? { first } : { first, last: last ?? first }));

/** Everything of a request but fields that are not known. */
const known = maybe<Required<Omit<JpipRequest, 'unknown'>>>({
  target: text,
  subtarget,
  tid: text,
  cid: token,
  cnew: some(token),
  cclose: fc.oneof(fc.constant('*' as const), some(token.filter((one) => one !== '*'))),
  qid: uint,
  fsiz: fc.tuple(size, rounding).map(([one, round]) => ({ ...one, ...round })),
  roff: offset,
  rsiz: size,
  fvsiz: fc.tuple(dimensions, rounding).map(([sizes, round]) => ({ sizes, ...round })),
  rvoff: dimensions,
  rvsiz: dimensions,
  comps: some(uintRange),
  stream: some(sampledRange),
  context: some(context),
  srate: decimal,
  roi: text,
  layers: uint,
  mctres: uint,
  metareq: metadataRequests,
  len: uint,
  quality,
  align: fc.boolean(),
  wait: fc.boolean(),
  type: some(returnType),
  drate: decimal,
  sendto: text,
  abandon: text,
  barrier: text,
  twait: text,
  model: modelStatements(true),
  tpmodel: tilePartStatements(true),
  need: modelStatements(false),
  tpneed: tilePartStatements(false),
  mset: some(sampledRange),
  upload: text,
  cap: some(token),
  pref: some(preference),
  csf: text,
  handled: text,
});

/** A request. */
export const jpipRequest: fc.Arbitrary<JpipRequest> = fc
  .tuple(
    known,
    fc.array(
      fc.record({
        name: fc.oneof(
          fc.constantFrom('xyz', '', 'a=b', '__proto__', 'Target'),
          text.map((one) => `x-${one}`),
        ),
        value: fc.oneof(fc.constant(''), text),
      }),
      { maxLength: 3 },
    ),
  )
  .map(([fields, unknown]) => ({ ...fields, ...(unknown.length > 0 ? { unknown } : {}) }));

/** Printable ASCII without what cuts anything. */
const plain = fc.stringMatching(/^[A-Za-z0-9/._-]{1,12}$/);

/** JPIP headers of a response. */
export const jpipResponseHeaders = maybe({
  tid: plain,
  cnew: fc
    .tuple(
      plain,
      maybe({ transport: plain, host: plain, path: plain, port: fc.nat(65_535), auxport: fc.nat(65_535) }),
      fc.oneof(
        fc.constant({}),
        fc.record({ other: some(fc.record({ name: parameterName.map((name) => `x${name}`), value: plain })) }),
      ),
    )
    .map(([cid, rest, other]) => ({ cid, ...rest, ...other })),
  qid: uint,
  fsiz: size,
  rsiz: size,
  roff: offset,
  fvsiz: dimensions,
  rvsiz: dimensions,
  rvoff: dimensions,
  comps: some(uintRange),
  stream: some(sampledRange),
  context: some(
    fc.record({
      context: fc.record({ kind: fc.constantFrom('jpxl', 'mj2t'), ranges: some(sampledRange) }),
      codestreams: some(sampledRange),
    }),
  ),
  roi: fc.tuple(plain, maybe({ fsiz: size, rsiz: size, roff: offset })).map(([name, rest]) => ({ name, ...rest })),
  layers: uint,
  srate: decimal,
  metareq: metadataRequests.filter(({ requests }) =>
    requests.every(({ boxes }) => boxes.every(({ type }) => /^[\x20-\x7e]+$/.test(type) && !type.includes(':'))),
  ),
  len: uint,
  quality,
  type: returnType.filter(({ parameters = [] }) => parameters.every(({ value }) => !value.includes(' '))),
  mset: some(sampledRange),
  cap: some(plain),
  pref: some(plain.map((one) => ({ text: one })))
    .map((all) => all.filter(({ text: one }) => !one.endsWith('/r')))
    .filter((all) => all.length > 0),
  align: fc.boolean(),
  subtarget,
  handled: plain,
});
