/**
 * Numbers for a monitoring system, in the text form of Prometheus (exposition format 0.0.4).
 */

/** One series of numbers under one name. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples: readonly MetricSample[];
}

/** One number, with labels where the family has several. */
export interface MetricSample {
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
  /** `_bucket`, `_sum` or `_count` of a histogram. */
  readonly suffix?: string;
}

/** The media type of what {@link formatMetrics} writes. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Upper ends of the classes by which times of responses are counted, in seconds. */
const TIME_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** The text of some families. */
export function formatMetrics(families: readonly MetricFamily[]): string {
  const lines = families.flatMap(({ name, help, type, samples }) => [
    `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`,
    `# TYPE ${name} ${type}`,
    ...samples.map(
      ({ value, labels = {}, suffix = '' }) => `${name}${suffix}${formatLabels(labels)} ${formatNumber(value)}`,
    ),
  ]);
  return `${lines.join('\n')}\n`;
}

/** What a handler counts of its responses. */
export class ResponseCounter {
  private readonly byStatus = new Map<number, number>();
  private readonly buckets: number[] = new Array(TIME_BUCKETS.length).fill(0);
  private seconds = 0;
  private count = 0;
  private bytes = 0;
  private aborted = 0;
  private running = 0;

  /** A request has come. */
  begin(): void {
    this.running++;
  }

  /** Its response has ended. */
  end(status: number, bytes: number, ms: number, aborted: boolean): void {
    this.running--;
    this.byStatus.set(status, (this.byStatus.get(status) ?? 0) + 1);
    this.count++;
    this.bytes += bytes;
    this.seconds += ms / 1000;
    if (aborted) this.aborted++;
    const bucket = TIME_BUCKETS.findIndex((limit) => ms / 1000 <= limit);
    if (bucket >= 0) this.buckets[bucket]!++;
  }

  /** Requests that are being answered. */
  get active(): number {
    return this.running;
  }

  families(): MetricFamily[] {
    let below = 0;
    const buckets = TIME_BUCKETS.map((limit, k) => {
      below += this.buckets[k]!;
      return { suffix: '_bucket', labels: { le: String(limit) }, value: below };
    });
    return [
      {
        name: 'jpip_http_responses_total',
        help: 'Responses that have ended, by status.',
        type: 'counter',
        samples: [...this.byStatus]
          .sort(([a], [b]) => a - b)
          .map(([status, value]) => ({ labels: { status: String(status) }, value })),
      },
      {
        name: 'jpip_http_response_bytes_total',
        help: 'Bytes of response bodies handed over.',
        type: 'counter',
        samples: [{ value: this.bytes }],
      },
      {
        name: 'jpip_http_responses_aborted_total',
        help: 'Responses that did not reach their end.',
        type: 'counter',
        samples: [{ value: this.aborted }],
      },
      {
        name: 'jpip_http_requests_active',
        help: 'Requests that are being answered.',
        type: 'gauge',
        samples: [{ value: this.running }],
      },
      {
        name: 'jpip_http_response_seconds',
        help: 'Time from a request to the end of its response.',
        type: 'histogram',
        samples: [
          ...buckets,
          { suffix: '_bucket', labels: { le: '+Inf' }, value: this.count },
          { suffix: '_sum', value: this.seconds },
          { suffix: '_count', value: this.count },
        ],
      },
    ];
  }
}

/** What is known of the numbers of an engine: whether they only grow, and what they count. */
const ENGINE_METRICS: Readonly<Record<string, readonly ['counter' | 'gauge', string]>> = {
  requests: ['counter', 'Requests that the engine was asked.'],
  errors: ['counter', 'Requests that were refused, and responses that failed.'],
  bytesSent: ['counter', 'Bytes of responses that were taken.'],
  sessions: ['gauge', 'Sessions that are open.'],
  channels: ['gauge', 'Channels that are open.'],
  openTargets: ['gauge', 'Targets that are kept open.'],
  runningResponses: ['gauge', 'Responses that are being made.'],
  fileReads: ['counter', 'Reads of files.'],
  fileReadBytes: ['counter', 'Bytes read from files.'],
};

/**
 * Families from the numbers of an engine: each field becomes one, `bytesSent` for instance `jpip_engine_bytes_sent_total`.
 * What is not a number is left out.
 */
export function engineFamilies(metrics: object): MetricFamily[] {
  return Object.entries(metrics).flatMap(([field, value]): MetricFamily[] => {
    if (typeof value !== 'number') return [];
    const words = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const [type, help] = ENGINE_METRICS[field] ?? ['gauge', `${words.replaceAll('_', ' ')} of the engine.`];
    return [{ name: `jpip_engine_${words}${type === 'counter' ? '_total' : ''}`, help, type, samples: [{ value }] }];
  });
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  const parts = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
  );
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

function formatNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}
